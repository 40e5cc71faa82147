"""Answers made ahead among everything else that happens in a conversation."""

from __future__ import annotations

import pytest

from aywa.turn.events import (
    CallEnded,
    DropSpeculation,
    FinalText,
    Hushed,
    KeyPressed,
    LineHeld,
    PartialText,
    SayRequest,
    StartGeneration,
    Trigger,
    TurnInput,
    Unused,
    UserAmended,
    UserSaid,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_settings import SpeculationSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld, greeted, speaking


def pausing(words: str = "a room please", world: TurnWorld | None = None) -> TurnWorld:
    """A caller who has just paused after these words."""
    world = world or greeted()
    world.speech()
    world.wait(0.8)
    world.send(PartialText(words, 0.9))
    world.silence()
    return world


def why_dropped(world: TurnWorld) -> list[Unused]:
    return [action.why for action in world.log if isinstance(action, DropSpeculation)]


def last_start(world: TurnWorld) -> StartGeneration:
    return world.started[-1]


def test_the_turn_gets_the_answer_made_ahead() -> None:
    world = pausing()
    assert world.ahead is not None
    world.send(FinalText("A room, please."))
    world.wait(world.settings.wait_s)
    assert last_start(world).speculation == 1
    assert world.state_is(State.THINKING)
    assert world.made_ahead == world.adopted == [1], "one answer for one turn (pipecat #4912)"


def test_the_caller_goes_on() -> None:
    world = pausing("a room")
    world.wait(0.2)
    world.speech()
    assert world.ahead is not None, "a breath is no word"
    world.wait(0.4)
    world.send(PartialText("a room for two", 0.9))
    assert world.ahead is None
    world.silence()
    assert world.ahead is not None
    world.send(FinalText("a room for two"))
    world.wait(world.settings.wait_s)
    assert world.adopted == [2]
    assert why_dropped(world) == [Unused.OTHER_WORDS]
    assert world.context()[-1] == ("user", "a room for two")


def test_no_words_at_the_pause_and_the_final_brings_them() -> None:
    """A recogniser without partials: the rest of the pause is used."""
    world = greeted()
    world.speech()
    world.wait(0.8)
    world.silence()
    assert world.ahead is None
    world.wait(0.1)
    world.send(FinalText("a room please"))
    assert world.ahead is not None
    world.wait(world.settings.wait_s)
    assert world.adopted == [1]


STOPPERS: list[tuple[TurnInput, Unused]] = [
    (Hushed(True), Unused.NO_TURN),
    (LineHeld(True), Unused.NOT_NOW),
    (KeyPressed("1"), Unused.NOT_NOW),
    (KeyPressed("#"), Unused.NO_TURN),
    (CallEnded(), Unused.CALL_ENDED),
    (FinalText("goodbye then"), Unused.OTHER_WORDS),
]


@pytest.mark.parametrize(("event", "why"), STOPPERS)
def test_what_stops_it(event: TurnInput, why: Unused) -> None:
    world = pausing()
    if event == KeyPressed("#"):
        world.send(KeyPressed("4"))
        why = Unused.NOT_NOW
    world.send(event)
    assert why_dropped(world)[:1] == [why]


def test_nothing_of_it_is_said_or_remembered() -> None:
    world = pausing()
    said = world.context()
    world.send(LineHeld(True))
    assert world.context() == said
    assert world.speak == []
    assert not any(isinstance(action, UserSaid) for action in world.log)


def test_keys_after_words_are_another_turn() -> None:
    world = pausing("my number is")
    world.send(KeyPressed("4"))
    world.send(KeyPressed("#"))
    assert last_start(world).speculation is None
    assert world.context()[-1] == ("user", "my number is 4")


def test_an_operator_waits_for_the_caller() -> None:
    """The sentence comes after the answer; the answer is still the right one."""
    world = pausing()
    world.send(SayRequest("One moment."))
    assert world.ahead is not None
    world.send(FinalText("a room please"))
    world.wait(world.settings.wait_s)
    assert last_start(world).trigger is Trigger.USER
    assert world.adopted == [1]


def test_an_interruption_is_answered_ahead_too() -> None:
    world = speaking()
    pausing("no wait please", world)
    assert world.state_is(State.LISTENING)
    assert world.ahead is not None
    world.send(FinalText("no wait please"))
    world.wait(world.settings.wait_s)
    assert world.adopted == world.made_ahead == [1, 2], "the first question, and this one"


def test_words_nobody_is_sure_of_do_not_answer_over_the_assistant() -> None:
    """The gate is shut and nothing is decided: an answer begins when the final cuts the one before."""
    world = speaking()
    world.speech()
    world.wait(0.5)
    world.send(PartialText("no wait please"))
    world.silence()
    assert world.state_is(State.YIELDED)
    assert world.ahead is None
    world.send(FinalText("no wait please"))
    assert world.state_is(State.LISTENING)
    assert world.ahead is not None


def test_nothing_understood() -> None:
    world = pausing()
    world.send(FinalText(""))
    world.wait(3.0)
    assert world.ahead is None
    assert world.adopted == []


def test_a_correction_after_the_turn() -> None:
    """The partial was answered; its final says something else: that answer is cut, and nothing is ahead."""
    world = pausing("a room for two")
    world.wait(world.settings.final_timeout_s)
    assert world.adopted == [1]
    world.send(FinalText("a room for ten"))
    assert last_start(world).speculation is None
    assert [action.text for action in world.of(UserAmended)] == ["a room for ten"]  # type: ignore[union-attr]


def test_a_correction_that_says_the_same_changes_nothing() -> None:
    world = pausing("room twenty one")
    world.wait(world.settings.final_timeout_s)
    turn = world.manager.turn
    world.send(FinalText("Room 21."))
    assert world.manager.turn == turn
    assert len(world.of(UserAmended)) == 1, "the model reads it as it was written last"


def test_off() -> None:
    world = pausing(world=greeted(TurnSettings(speculation=SpeculationSettings(enabled=False))))
    assert world.ahead is None


def test_the_limit_of_the_call() -> None:
    world = greeted(TurnSettings(max_duration_s=4.0))
    pausing(world=world)
    world.speech()
    world.wait(4.0)
    assert world.ahead is None
    assert why_dropped(world) == [Unused.NO_TURN]
    assert last_start(world).trigger is Trigger.FAREWELL
