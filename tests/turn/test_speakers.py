"""A second voice on the caller's telephone."""

from __future__ import annotations

from aywa.turn.events import FinalText, PartialText
from aywa.turn.speakers import Speakers
from aywa.turn.states import State
from tests.kit.turn_talk import ANSWER, decided
from tests.kit.turn_world import TurnWorld, greeted


def asked() -> TurnWorld:
    """The caller, voice a, has asked for something; its answer of eight seconds is being heard."""
    world = greeted()
    voice(world, "a room please", "a")
    world.wait(0.6)
    world.answer(ANSWER)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    assert world.state_is(State.SPEAKING)
    return world


def voice(world: TurnWorld, text: str, label: str, seconds: float = 0.5) -> None:
    """Somebody says something."""
    world.speech()
    world.wait(seconds)
    world.send(PartialText(text, 0.9, speaker=label))
    world.silence()
    world.wait(0.1)
    world.send(FinalText(text, speaker=label))


def test_who_speaks_first_is_the_caller_until_he_is_forgotten() -> None:
    speakers = Speakers(15.0)
    assert speakers.is_caller("x", 1.0, final=False)  # a guess settles nothing
    assert speakers.is_caller("a", 2.0, final=True)
    assert not speakers.is_caller("x", 3.0, final=True)
    assert speakers.is_caller(None, 4.0, final=True)
    assert speakers.is_caller("a", 10.0, final=False)
    assert not speakers.is_caller("x", 24.9, final=True)
    assert speakers.is_caller("x", 25.0, final=True)
    assert not speakers.is_caller("a", 26.0, final=True)


def test_another_voice_does_not_interrupt() -> None:
    world = asked()
    voice(world, "tell them about breakfast", "b")
    world.wait(0.6)
    assert world.state_is(State.SPEAKING)
    world.wait(8.0)
    assert world.context()[-1] == ("assistant", ANSWER)
    assert decided(world, "turn.other_speaker")[-1].data == {"speaker": "b", "caller": "a", "words": 4}


def test_the_caller_interrupts_all_the_same() -> None:
    world = asked()
    voice(world, "tell them about breakfast", "b")
    world.wait(0.6)
    voice(world, "wait a moment", "a")
    assert world.state_is(State.LISTENING)


def test_another_voice_is_not_answered_and_nobody_is_asked_again() -> None:
    world = asked()
    world.wait(8.0)
    assert world.state_is(State.LISTENING)
    voice(world, "what did she say", "b", seconds=1.5)
    world.wait(2.0)
    assert world.state_is(State.LISTENING)
    assert len(world.started) == 2


def test_another_voice_neither_ends_nor_replaces_the_callers_turn() -> None:
    world = asked()
    world.wait(8.0)
    world.speech()
    world.wait(0.5)
    world.send(PartialText("for two", 0.9, speaker="a"))
    world.send(PartialText("no three", 0.9, speaker="b"))
    world.send(FinalText("no three", speaker="b"))
    world.wait(0.3)
    world.silence()
    world.wait(0.1)
    assert world.state_is(State.LISTENING)
    world.send(FinalText("for two nights", speaker="a"))
    world.wait(0.6)
    assert world.context()[-1] == ("user", "for two nights")
    assert world.state_is(State.THINKING)


def test_words_without_a_label_are_the_callers() -> None:
    world = asked()
    voice(world, "tell them about breakfast", "b")
    world.wait(0.6)
    world.speech()
    world.send(PartialText("stop", 0.9))
    assert world.state_is(State.LISTENING)
