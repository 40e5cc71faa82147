"""The other modes, what may not be interrupted, and the pause afterwards."""

from __future__ import annotations

import pytest

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.events import (
    FinalText,
    KeyPressed,
    ModelDone,
    ModelToken,
    PartialText,
    SayRequest,
    Trigger,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_talk import ANSWER, decided, kinds, talking
from tests.kit.turn_world import TurnWorld, greeted

# --- the other modes


def test_off_keeps_what_is_said_and_answers_it_afterwards() -> None:
    world = talking(BargeInMode.OFF)
    world.say("and breakfast")
    assert world.state_is(State.SPEAKING)
    world.say("uh-huh")  # asks for nothing
    world.wait(8.0)
    assert [start.trigger for start in world.started][2:] == [Trigger.USER]
    assert world.context()[-2:] == [("assistant", ANSWER), ("user", "and breakfast")]


def test_an_engine_that_stops_the_assistant_against_the_mode_is_told_to_go_on() -> None:
    """It plays the first samples a moment before it is told that a sound alone may no longer stop them."""
    settings = TurnSettings(barge=BargeInSettings(mode=BargeInMode.WORDS, num_words=2))
    world = greeted(settings)  # its gate closes
    world.say("a room please")
    world.answer(ANSWER)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    world.guarded = False
    actions = world.speech()
    assert "Resume" in kinds(actions)
    assert world.state_is(State.SPEAKING)


def test_words_let_the_assistant_go_on_until_there_are_enough() -> None:
    world = talking(BargeInMode.WORDS, num_words=3)
    world.speech()
    world.send(PartialText("the other", 0.9))
    before = world.played
    world.wait(0.3)
    assert world.played > before
    world.send(PartialText("the other room", 0.9))
    assert world.state_is(State.LISTENING)


def test_too_few_words_are_answered_when_the_assistant_has_finished() -> None:
    world = talking(BargeInMode.WORDS, num_words=3)
    world.say("Friday")
    assert world.state_is(State.SPEAKING)
    assert decided(world, "turn.kept")[-1].data["reason"] == "FEW_WORDS"
    world.wait(8.0)
    assert world.context()[-1] == ("user", "Friday")


def test_one_word_that_says_it_is_enough() -> None:
    world = talking(BargeInMode.WORDS, num_words=3)
    world.speech()
    world.send(PartialText("wait", 0.9))
    assert world.state_is(State.LISTENING)


def test_a_voice_takes_the_floor_by_its_length() -> None:
    world = talking(BargeInMode.VOICE, voice_s=0.3)
    world.speech()
    world.wait(0.28)
    assert world.state_is(State.SPEAKING)
    world.silence()
    world.wait(1.0)
    assert world.state_is(State.SPEAKING), "a cough is shorter"
    world.speech()
    world.wait(0.32)
    assert world.state_is(State.LISTENING)
    assert decided(world, "turn.voice")[-1].data["voice_s"] == 0.3


def test_a_voice_that_took_the_floor_and_said_nothing_is_asked() -> None:
    world = talking(BargeInMode.VOICE)
    world.speech()
    world.wait(0.5)
    world.silence()
    world.send(FinalText(""))
    assert world.started[-1].trigger is Trigger.REPROMPT


# --- before the first sample of an answer its caller has not finished


HOLDING = [BargeInMode.WORDS, BargeInMode.VOICE, BargeInMode.REVERSIBLE]


def answer_is_made(mode: BargeInMode) -> TurnWorld:
    """The caller has asked, and nothing of the answer was heard."""
    world = greeted(TurnSettings(barge=BargeInSettings(mode=mode, num_words=2, voice_s=0.2)))
    world.say("a room please")
    world.answer(ANSWER)
    assert world.state_is(State.THINKING)
    return world


@pytest.mark.parametrize("mode", HOLDING)
def test_an_answer_does_not_start_over_the_words_of_who_goes_on(mode: BargeInMode) -> None:
    world = answer_is_made(mode)
    before = world.played
    world.speech()
    world.synthesize(seconds=2.0)  # what was made meanwhile does not reach the wire
    world.wait(0.6)
    assert world.played == before
    world.send(PartialText("for", 0.9))  # one word is enough: none of the answer was heard
    world.silence()
    world.send(FinalText("for two nights"))
    world.wait(1.0)
    assert world.played == before
    assert world.context()[-2:] == [("user", "a room please"), ("user", "for two nights")]
    assert [start.trigger for start in world.started][1:] == [Trigger.USER, Trigger.USER]


@pytest.mark.parametrize("mode", HOLDING)
def test_a_cough_before_the_first_reply_only_delays_it(mode: BargeInMode) -> None:
    world = answer_is_made(mode)
    world.speech()
    world.wait(0.4)
    world.silence()
    world.send(FinalText(""))
    assert world.state_is(State.THINKING)
    world.synthesize(seconds=2.0)
    world.wait(3.0)
    assert len(world.started) == 2
    assert world.context()[-1] == ("assistant", ANSWER)


@pytest.mark.parametrize("mode", [BargeInMode.WORDS, BargeInMode.VOICE])
def test_once_the_answer_is_heard_a_sound_alone_does_not_stop_it(mode: BargeInMode) -> None:
    world = answer_is_made(mode)
    world.synthesize(seconds=4.0)
    world.wait(0.5)
    before = world.played
    actions = world.speech()
    assert kinds(actions).isdisjoint({"Yield", "Resume"}), "the engine knows that it may not stop it"
    world.wait(0.1)
    world.silence()
    world.wait(0.4)
    assert world.played - before == round(0.5 * 8000)


def test_a_voice_that_was_taken_for_nothing_does_not_cut_the_answer_it_delayed() -> None:
    world = answer_is_made(BargeInMode.VOICE)
    world.speech()
    world.wait(0.3)
    world.send(PartialText("mm", 0.9))
    world.wait(3.2)  # it hums on
    world.synthesize(seconds=2.0)
    world.wait(1.0)
    assert world.state_is(State.SPEAKING)


def test_nobody_waits_for_a_caller_who_may_not_interrupt() -> None:
    world = answer_is_made(BargeInMode.OFF)
    world.speech()
    world.synthesize(seconds=2.0)
    world.wait(0.5)
    assert world.state_is(State.SPEAKING)


# --- what may not be interrupted, and the pause afterwards


@pytest.mark.parametrize("words", ["I want something else", "stop"])
def test_a_notice_is_heard_whole_and_what_was_said_is_answered_right_after_it(words: str) -> None:
    notice = "This call may be recorded."
    world = talking(text=f"{notice} We have a room. It has a view. It is quiet.", protected=(notice,))
    world.wait(0.5)
    played = world.played
    world.say(words, seconds=0.5)
    assert world.state_is(State.SPEAKING), "the notice goes on"
    assert world.played - played == round(8000 * (0.5 + 0.1 + world.settings.wait_s)), "without a stutter"
    world.wait(12.0)
    heard = [text for side, text in world.context() if side == "assistant"]
    assert heard[-1] == notice
    assert world.context()[-1] == ("user", words)
    assert world.state_is(State.THINKING)


def test_behind_the_notice_the_caller_may_interrupt() -> None:
    notice = "This call may be recorded."
    world = talking(text=f"{notice} We have a room. It has a view.", protected=(notice,))
    world.wait(8.0)
    world.speech()
    world.send(PartialText("wait", 0.9))
    assert world.state_is(State.LISTENING)


def test_a_first_message_that_may_not_be_interrupted() -> None:
    world = TurnWorld(TurnSettings(barge=BargeInSettings(first_message=False)))
    world.start()
    world.say("hello, is anybody there")  # before it begins
    world.answer("Good morning, this is the hotel.")
    world.synthesize(seconds=3.0)
    world.wait(1.0)
    world.say("I need a room", seconds=0.5)
    world.send(KeyPressed("1"))
    assert world.state_is(State.SPEAKING)
    world.wait(4.0)
    assert world.context()[0] == ("assistant", "Good morning, this is the hotel.")
    assert world.context()[1:3] == [("user", "hello, is anybody there"), ("user", "I need a room")]


def test_an_operators_notice_is_heard_whole() -> None:
    world = greeted()
    world.send(SayRequest("The call is recorded.", protected=True))
    world.synthesize(seconds=3.0)
    world.wait(0.5)
    world.say("wait")
    world.wait(3.0)
    assert ("assistant", "The call is recorded.") in world.context()
    assert world.started[-1].trigger is Trigger.USER


def test_what_was_kept_and_what_follows_it_have_one_answer() -> None:
    """Said into a notice, while a key waits for another: what follows it comes behind it in the context."""
    world = greeted()
    world.send(SayRequest("The call is recorded.", protected=True))
    world.synthesize(seconds=2.0)
    world.wait(0.5)
    world.say("I want a room", seconds=0.4)
    world.wait(0.3)
    world.send(KeyPressed("1"))
    world.wait(0.6)
    world.say("for two nights", seconds=0.4)
    assert world.state_is(State.THINKING)
    assert world.context()[-2:] == [("user", "I want a room"), ("user", "for two nights")]
    assert len(world.started) == 3
    assert world.manager.turn == world.started[-1].turn


def test_after_an_interruption_nothing_is_said_for_a_while() -> None:
    world = talking(backoff_s=3.0)
    world.speech()
    cut_at = world.now
    world.send(PartialText("stop", 0.9))
    world.silence()
    world.send(FinalText("stop"))
    world.wait(0.6)
    assert world.state_is(State.THINKING)
    turn = world.manager.turn
    assert turn is not None
    assert "Speak" not in kinds(world.send(ModelToken(turn, "Certainly. ")) + world.send(ModelDone(turn)))
    while not world.speak:
        world.wait(0.1)
    assert world.now - cut_at >= 3.0
    world.synthesize()
    world.wait(2.0)
    assert world.context()[-1] == ("assistant", "Certainly.")


def test_an_answer_that_waits_for_the_back_off_is_not_late() -> None:
    settings = TurnSettings(barge=BargeInSettings(backoff_s=10.0), model_timeout_s=2.0, speech_timeout_s=2.0)
    world = greeted(settings)
    world.say("a room please")
    world.answer(ANSWER)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    world.speech()
    world.send(PartialText("stop", 0.9))
    world.silence()
    world.send(FinalText("stop"))
    world.wait(0.6)
    world.answer("Yes?")
    world.wait(9.5)
    assert not decided(world, "turn.overdue")
    assert [phrase.text for phrase in world.speak] == ["Yes?"]
