"""The turn manager when a model, a voice or an answer fails."""

from __future__ import annotations

import pytest

from aywa.errors import EndCode
from aywa.turn.events import (
    FinalText,
    ModelDone,
    ModelFailed,
    ModelToken,
    Resume,
    SpeechFailed,
    ToolFinished,
    ToolStarted,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State, Wakeup
from tests.kit.turn_world import TurnWorld, greeted

PHRASES = TurnSettings().phrases


def test_the_model_fails_in_mid_stream() -> None:
    """What was said is kept, half a clause is not, and the apology follows in the same turn."""
    world = greeted()
    world.say("a room please")
    turn = world.manager.turn
    assert turn is not None
    world.send(ModelToken(turn, "One moment. I will lo"))
    world.send(ModelFailed(turn, "reset"))
    assert [phrase.text for phrase in world.speak] == ["One moment.", PHRASES.apology]
    world.synthesize()
    world.wait(3.0)
    assert world.state_is(State.LISTENING)
    assert world.context()[-1] == ("assistant", f"One moment. {PHRASES.apology}")


def test_failures_in_a_row_end_the_call() -> None:
    world = greeted()
    for _ in range(2):
        world.say("a room please")
        turn = world.manager.turn
        assert turn is not None
        world.send(ModelFailed(turn))
        world.synthesize(seconds=0.5)
        world.wait(1.0)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.PROVIDER_ERROR


def test_a_good_answer_forgives_a_failure() -> None:
    world = greeted()
    for good in (False, True, False):
        world.say("a room please")
        turn = world.manager.turn
        assert turn is not None
        if good:
            world.answer("Yes.")
        else:
            world.send(ModelFailed(turn))
        world.synthesize(seconds=0.5)
        world.wait(1.0)
    assert world.hung_up is None
    assert world.state_is(State.LISTENING)


def test_the_model_is_silent() -> None:
    world = greeted()
    world.say("a room please")
    deadline = world.manager.deadline
    assert deadline is not None
    assert deadline[1] is Wakeup.ANSWER
    world.wait(10.1)
    assert [phrase.text for phrase in world.speak] == [PHRASES.apology]


def test_a_tool_has_its_own_time() -> None:
    """What was said is spoken while it runs; the model's clock stands still."""
    world = greeted()
    world.say("a room please")
    turn = world.manager.turn
    assert turn is not None
    world.send(ModelToken(turn, "Let me see"))
    world.send(ToolStarted(turn, "search", 15.0))
    assert [phrase.text for phrase in world.speak] == ["Let me see"]
    world.synthesize()
    world.wait(12.0)
    assert world.manager.turn == turn
    world.send(ToolFinished(turn, "search"))
    world.send(ModelToken(turn, "Here it is."))
    world.send(ModelDone(turn))
    world.synthesize()
    world.wait(2.0)
    assert world.context()[-1] == ("assistant", "Let me see One moment, please. Here it is.")


def test_the_synthesizer_fails() -> None:
    world = greeted()
    world.say("a room please")
    world.answer("Certainly.")
    turn = world.manager.turn
    assert turn is not None
    world.speak.clear()
    world.send(SpeechFailed(turn, 0))
    assert [phrase.text for phrase in world.speak] == [PHRASES.apology]
    turn = world.manager.turn
    assert turn is not None
    world.send(SpeechFailed(turn, 0))
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.PROVIDER_ERROR


@pytest.mark.parametrize(("trigger", "spoken"), [("greeting", []), ("user", [PHRASES.reprompt])])
def test_an_empty_answer(trigger: str, spoken: list[str]) -> None:
    """A caller who has asked is not left in silence; an empty greeting is what was wanted."""
    world = TurnWorld()
    world.start()
    if trigger == "user":
        world.say("hello")
    turn = world.manager.turn
    assert turn is not None
    world.send(ModelDone(turn))
    assert [phrase.text for phrase in world.speak] == spoken


def test_an_empty_answer_that_ends_the_call() -> None:
    world = greeted()
    world.say("bye")
    turn = world.manager.turn
    assert turn is not None
    world.send(ModelDone(turn, end_call=True))
    assert world.hung_up is not None


def test_nobody_talks_the_farewell_away() -> None:
    world = greeted()
    world.say("bye")
    world.answer("Goodbye, and thank you.", end_call=True)
    world.synthesize(seconds=2.0)
    world.wait(0.5)
    assert world.guarded
    world.guarded = False  # the engine has not heard of it yet
    actions = world.speech()
    assert any(isinstance(action, Resume) for action in actions)
    world.wait(0.5)
    world.silence()
    world.send(FinalText("bye bye"))
    world.wait(2.0)
    assert world.hung_up is not None
    assert ("assistant", "Goodbye, and thank you.") in world.context()
    world.end()
    assert ("user", "bye bye") in world.context()


def spoken_into_goodbye() -> TurnWorld:
    """A sound over the last words, before it is known that they are."""
    world = greeted()
    world.say("bye")
    turn = world.manager.turn
    assert turn is not None
    world.send(ModelToken(turn, "Goodbye, and thank you. "))
    world.synthesize(seconds=2.0)
    world.wait(0.5)
    world.speech()
    world.send(ModelDone(turn, end_call=True))
    world.silence()
    return world


def test_an_interrupted_answer_does_not_hang_up() -> None:
    """The model wanted to end the call, but the caller spoke before its last word was known."""
    world = spoken_into_goodbye()
    world.send(FinalText("wait"))
    world.wait(1.0)
    assert world.hung_up is None
    assert world.state_is(State.THINKING)


def test_a_cough_over_the_last_words_does_not_hold_them_up() -> None:
    world = spoken_into_goodbye()
    world.send(FinalText(""))
    assert world.state_is(State.CLOSING)
    world.wait(2.0)
    assert world.hung_up is not None


def test_without_barge_in_the_caller_is_answered_afterwards() -> None:
    world = greeted(TurnSettings(barge_in=False), gate=False)
    world.say("a room please")
    world.answer("We have a room.")
    world.synthesize(seconds=4.0)
    world.wait(0.5)
    world.say("how much is it", seconds=0.5)
    assert world.state_is(State.SPEAKING)
    world.wait(4.0)
    assert world.state_is(State.THINKING)
    assert world.context()[-2:] == [("assistant", "We have a room."), ("user", "how much is it")]


def test_without_barge_in_a_gate_that_closed_is_opened() -> None:
    """Settings that disagree with the leg's policy do not silence the assistant."""
    world = greeted(TurnSettings(barge_in=False))
    world.say("a room please")
    world.answer("We have a room.")
    world.synthesize()
    world.wait(0.3)
    actions = world.speech()
    assert any(isinstance(action, Resume) for action in actions)
    assert world.state_is(State.SPEAKING)
