"""Silence, noise and keys: when somebody is asked, and what is neither silence nor words."""

from __future__ import annotations

import pytest

from aywa.errors import EndCode
from aywa.turn.events import FinalText, KeyPressed, PartialText, Speak, Trigger, UserSaid
from aywa.turn.idle import IdleSettings
from aywa.turn.keypad import Keypad, KeypadSettings
from aywa.turn.line_noise import LineNoise
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld, greeted


def asked(world: TurnWorld) -> list[str]:
    return [
        action.text
        for action in world.log
        if isinstance(action, Speak) and world.started[action.turn - 1].trigger is Trigger.SILENCE
    ]


def silent_for(world: TurnWorld, seconds: float) -> None:
    """Nobody speaks; what the assistant says takes a second."""
    until = world.now + seconds
    while world.now < until and world.hung_up is None:
        world.synthesize()
        world.wait(0.5)


def idle(*messages: str, max_spoken: int = 3, reset: bool = False, timeout_s: float = 60.0) -> TurnSettings:
    return TurnSettings(
        silence_prompt_s=5.0,
        silence_timeout_s=timeout_s,
        idle=IdleSettings(messages=messages, max_spoken=max_spoken, reset_on_speech=reset),
    )


def test_the_messages_are_said_in_turn_and_no_more_often_than_the_plan_says() -> None:
    world = greeted(idle("Hello?", "Are you there?"))
    silent_for(world, 40.0)
    assert asked(world) == ["Hello?", "Are you there?", "Hello?"]
    assert world.hung_up is None


def test_the_end_comes_however_often_was_asked() -> None:
    world = greeted(idle("Hello?", max_spoken=1, timeout_s=20.0))
    silent_for(world, 40.0)
    assert asked(world) == ["Hello?"]
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.SILENCE


@pytest.mark.parametrize(("reset", "count"), [(False, 2), (True, 4)])
def test_who_speaks_again_may_be_asked_again(reset: bool, count: int) -> None:
    world = greeted(idle("Hello?", max_spoken=2, reset=reset))
    silent_for(world, 16.0)
    world.say("yes I am here")
    world.answer("Good.")
    silent_for(world, 20.0)
    assert len(asked(world)) == count


def test_without_messages_nobody_is_asked() -> None:
    world = greeted(idle(timeout_s=20.0))
    silent_for(world, 40.0)
    assert asked(world) == []
    assert world.hung_up is not None


def music(world: TurnWorld, seconds: float) -> None:
    """Sound with pauses of a second, and a recogniser that hears no words in it."""
    until = world.now + seconds
    while world.now < until:
        world.speech()
        world.wait(4.0)
        world.silence()
        world.send(FinalText(""))
        world.synthesize()
        world.wait(1.0)


def test_hold_music_is_neither_the_callers_silence_nor_his_words() -> None:
    """Nothing is said into it, and the call is there when he comes back."""
    world = greeted(TurnSettings(silence_prompt_s=5.0, silence_timeout_s=15.0))
    world.send(PartialText(""))  # a recogniser that reports partials
    started = len(world.started)
    music(world, 120.0)
    assert len(world.started) == started
    assert world.hung_up is None
    world.say("hello, I am back")
    assert world.started[-1].trigger is Trigger.USER


def test_after_the_music_silence_counts_again() -> None:
    world = greeted(TurnSettings(silence_prompt_s=5.0, silence_timeout_s=30.0))
    world.send(PartialText(""))
    music(world, 20.0)
    world.wait(8.0)
    assert len(asked(world)) == 1


def test_a_sound_that_lasts_is_no_silence() -> None:
    world = greeted(TurnSettings(silence_prompt_s=5.0, silence_timeout_s=10.0, noise_timeout_s=8.0))
    world.speech()
    world.wait(60.0)
    assert world.hung_up is None
    assert asked(world) == []


def test_nobody_is_asked_to_repeat_a_noise_in_which_no_word_was_guessed() -> None:
    world = greeted()
    world.say("hello")
    world.send(PartialText(""))
    world.answer("Yes?")
    world.synthesize()
    world.wait(2.0)
    for _ in range(5):
        world.speech()
        world.wait(0.7)
        world.silence()
        world.send(FinalText(""))
        world.wait(2.5)
    assert Trigger.REPROMPT not in [start.trigger for start in world.started]


def test_noise_is_forgotten_when_it_is_over() -> None:
    noise = LineNoise()
    noise.sound(0.0)
    assert noise.heard(1.0)
    assert not noise.goes_on(5.9)
    assert noise.goes_on(6.0)
    noise.silence(7.0)
    assert noise.quiet_at == 9.0
    assert noise.goes_on(8.9)
    noise.handle_timers(9.0)
    assert not noise.heard(9.0)
    assert noise.quiet_at is None
    noise.sound(20.0)
    noise.words(25.0)
    assert not noise.goes_on(26.5)


# --- keys


@pytest.mark.parametrize(
    ("settings", "pressed", "spoken"),
    [
        (KeypadSettings(), "12#3", ["12"]),
        (KeypadSettings(delimiter="*"), "1#2*", ["1#2"]),
        (KeypadSettings(delimiter=""), "1#", []),
        (KeypadSettings(wait_s=0, delimiter=""), "1#", ["1", "#"]),
        (KeypadSettings(wait_s=0), "12#", ["12"]),
    ],
)
def test_where_an_utterance_of_keys_ends(settings: KeypadSettings, pressed: str, spoken: list[str]) -> None:
    keypad = Keypad(settings)
    assert [keys for digit in pressed if (keys := keypad.press(digit, 1.0))] == spoken


def test_keys_that_wait_always_have_an_end() -> None:
    for settings in (KeypadSettings(wait_s=0), KeypadSettings(wait_s=3), KeypadSettings(delimiter="")):
        keypad = Keypad(settings)
        keypad.press("1", 1.0)
        assert keypad.deadline is not None
        assert keypad.due(keypad.deadline) == "1"
        assert keypad.idle


def test_keys_that_mean_nothing() -> None:
    world = greeted(TurnSettings(keypad=KeypadSettings(enabled=False)))
    world.send(KeyPressed("1"))
    world.wait(5.0)
    assert world.state_is(State.LISTENING)
    assert not [action for action in world.log if isinstance(action, UserSaid)]
