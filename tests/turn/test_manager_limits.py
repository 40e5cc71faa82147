"""The turn manager at the edges of a call: keys, operators, silence, limits, the end."""

from __future__ import annotations

from aywa.errors import EndCode
from aywa.turn.events import (
    CallerSpeech,
    CancelGeneration,
    Cause,
    EndTurn,
    FinalText,
    KeyPressed,
    ModelDone,
    ModelToken,
    PartialText,
    PhraseWritten,
    SayRequest,
    Speak,
    StartGeneration,
    Trigger,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_world import greeted, speaking

PHRASES = TurnSettings().phrases


def test_keys() -> None:
    world = speaking()
    actions = world.send(KeyPressed("1"))
    assert any(isinstance(a, CancelGeneration) and a.why is Cause.DIGIT for a in actions)
    world.wait(1.0)
    world.send(KeyPressed("2"))
    world.wait(1.9)
    assert world.state_is(State.LISTENING)
    world.wait(0.2)
    assert world.state_is(State.THINKING)
    assert world.context()[-1] == ("user", "12")


def test_an_operators_sentence_waits_for_the_caller() -> None:
    world = greeted()
    world.speech()
    world.send(SayRequest("A taxi is waiting."))
    world.wait(1.0)
    assert len(world.started) == 1
    world.silence()
    world.send(FinalText(""))
    assert world.started[-1].trigger is Trigger.OPERATOR
    assert world.started[-1].scripted


def test_the_last_words_of_the_caller_are_kept() -> None:
    """The far side hangs up before the turn was taken."""
    world = greeted()
    world.speech()
    world.send(PartialText("please call me back"))
    world.end()
    assert world.context()[-1] == ("user", "please call me back")
    world.end()
    assert world.context().count(("user", "please call me back")) == 1


def test_the_end_settles_what_was_heard() -> None:
    world = speaking("One two three four.", seconds=4.0)
    world.end()
    assert world.context()[-1] == ("assistant", "One")
    assert world.manager.deadline is None


def test_silence_is_asked_about_and_then_ends_the_call() -> None:
    world = greeted()
    spoken = []
    for _ in range(3):
        world.wait(10.1)
        spoken += [phrase.text for phrase in world.speak]
        world.synthesize()
        world.wait(1.5)
    assert spoken == [PHRASES.silence_prompt, PHRASES.silence_prompt, PHRASES.silence_farewell]
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.SILENCE


def test_the_longest_duration_cuts_in() -> None:
    world = greeted(TurnSettings(max_duration_s=20.0))
    world.say("tell me everything")
    world.answer("A long story.")
    world.synthesize(seconds=60.0)
    world.wait(18.0)
    assert world.state_is(State.CLOSING)
    world.synthesize()
    world.wait(2.0)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.MAX_DURATION
    assert world.context()[-1] == ("assistant", PHRASES.duration_farewell)


def test_a_farewell_that_cannot_be_heard_is_bounded() -> None:
    world = greeted(TurnSettings(max_duration_s=5.0))
    world.wait(60.0)
    assert world.hung_up is not None


def test_stale_events_say_nothing() -> None:
    world = greeted()
    log = len(world.log)
    world.send(ModelToken(1, "more"))
    world.send(ModelDone(7))
    world.send(PhraseWritten(1, 0))
    world.send(CallerSpeech(0, 0))
    assert [a for a in world.log[log:] if isinstance(a, Speak | StartGeneration | EndTurn)] == []
