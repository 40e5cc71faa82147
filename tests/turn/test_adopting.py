"""Another assistant's thresholds in the middle of a conversation, and what the model is told to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aywa.errors import EndCode
from aywa.turn.barge_in_settings import BargeInSettings
from aywa.turn.events import (
    Decided,
    FinalText,
    Respond,
    SayRequest,
    SettingsChanged,
    Trigger,
)
from aywa.turn.idle import IdleSettings
from aywa.turn.settings import Phrases, TurnSettings
from aywa.turn.speaking_settings import SpeakingSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld


def talking(settings: TurnSettings | None = None) -> TurnWorld:
    """Greeted, and it is the caller's turn."""
    world = TurnWorld(settings)
    world.start()
    world.answer("Hello.")
    world.synthesize()
    world.wait(1.5)
    assert world.state_is(State.LISTENING)
    return world


def adopt(world: TurnWorld, settings: TurnSettings) -> None:
    world.settings = settings
    world.send(SettingsChanged(settings))


def test_the_new_wait_and_the_new_words_hold_from_the_next_turn_on() -> None:
    world = talking(TurnSettings(wait_s=0.5))
    after = TurnSettings(wait_s=2.0, speaking=SpeakingSettings(end_message="Goodbye from sales."))
    adopt(world, after)
    world.speech()
    world.wait(0.5)
    world.silence()
    world.send(FinalText("that is all"))
    world.wait(1.0)
    assert world.state_is(State.LISTENING), "the old wait is over, the new one is not"
    world.wait(1.5)
    assert world.state_is(State.THINKING)
    world.answer("Fine.", end_call=True)
    assert [phrase.text for phrase in world.speak[-2:]] == ["Fine.", "Goodbye from sales."]


def test_the_length_of_a_call_counts_from_its_beginning() -> None:
    world = talking(TurnSettings(max_duration_s=600, silence_timeout_s=500, silence_prompt_s=499))
    adopt(world, TurnSettings(max_duration_s=20, silence_timeout_s=500, silence_prompt_s=499))
    world.wait(15)
    assert world.state_is(State.LISTENING)
    world.wait(5)
    assert world.state_is(State.CLOSING)


def test_silence_is_bounded_by_the_new_plan_and_in_its_words() -> None:
    world = talking()
    phrases = Phrases(silence_prompt="Still with sales?", silence_farewell="Sales says goodbye.")
    once = IdleSettings(max_spoken=1)
    adopt(world, TurnSettings(silence_prompt_s=2, silence_timeout_s=6, phrases=phrases, idle=once))
    world.wait(2.1)
    assert [phrase.text for phrase in world.speak] == ["Still with sales?"]
    world.synthesize(seconds=0.5)
    world.wait(6.5)
    assert [phrase.text for phrase in world.speak] == ["Sales says goodbye."]


def test_what_may_not_be_interrupted_is_the_new_plans() -> None:
    world = talking()
    adopt(world, TurnSettings(barge_in=False))
    world.send(SayRequest("This is said to its end."))
    world.synthesize(seconds=3.0)
    world.wait(0.5)
    world.speech()
    world.wait(0.2)
    assert world.state_is(State.SPEAKING)


def test_an_end_phrase_of_the_new_plan_ends_the_call() -> None:
    world = talking()
    adopt(world, replace(TurnSettings(), speaking=SpeakingSettings(end_phrases=("so long",))))
    world.send(SayRequest("Well then, so long."))
    world.synthesize()
    world.wait(2)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.END_PHRASE


@pytest.mark.parametrize(
    ("first", "speaking", "trigger", "scripted"),
    [
        (False, SpeakingSettings(first_message="Welcome."), Trigger.OPERATOR, False),
        (True, SpeakingSettings(first_message="Welcome."), Trigger.GREETING, True),
        (True, SpeakingSettings(), Trigger.GREETING, False),
    ],
)
def test_what_is_asked_of_the_model_waits_for_the_caller(
    first: bool, speaking: SpeakingSettings, trigger: Trigger, scripted: bool
) -> None:
    world = talking()
    adopt(world, TurnSettings(speaking=speaking, barge=BargeInSettings(first_message=True)))
    world.speech()
    turns = len(world.started)
    world.send(Respond(first_message=first))
    world.wait(0.3)
    assert len(world.started) == turns, "not over the caller"
    world.silence()
    world.send(FinalText(""))
    world.wait(3)
    started = world.started[turns]
    assert (started.trigger, started.scripted) == (trigger, scripted)


def test_during_the_last_words_nothing_more_is_said() -> None:
    world = talking()
    world.send(SayRequest("Goodbye.", end_call=True))
    assert world.state_is(State.CLOSING)
    actions = world.send(Respond())
    assert [a.kind for a in actions if isinstance(a, Decided)] == ["turn.say_refused"]
