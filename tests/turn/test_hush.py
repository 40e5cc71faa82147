"""The assistant is told to be silent, and to speak again."""

from __future__ import annotations

from aywa.turn.events import Commit, EndTurn, Hushed, SayRequest, StartGeneration, Trigger, Truncate, UserSaid
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_world import greeted, speaking


def test_what_is_being_said_stops_at_once() -> None:
    world = speaking("We have a room. It has a view. It is quiet.", seconds=4.0)
    played = world.played
    actions = world.send(Hushed(True))
    assert any(isinstance(action, Commit) for action in actions)
    assert any(isinstance(action, Truncate) for action in actions)
    (ended,) = [action for action in actions if isinstance(action, EndTurn)]
    assert ended.interrupted
    world.wait(5.0)
    assert world.played == played
    assert world.state_is(State.LISTENING)


def test_nothing_is_answered_until_told() -> None:
    world = greeted(TurnSettings(silence_prompt_s=4.0, silence_timeout_s=8.0))
    world.send(Hushed(True))
    before = len(world.started)
    world.say("please leave a message after the tone")
    world.send(SayRequest("This is the hotel."))
    world.wait(30.0)  # nor is silence the caller's
    assert len(world.started) == before
    assert world.hung_up is None
    assert [action.text for action in world.of(UserSaid) if isinstance(action, UserSaid)] == [
        "please leave a message after the tone"
    ]
    actions = world.send(Hushed(False))
    assert [a.trigger for a in actions if isinstance(a, StartGeneration)] == [Trigger.OPERATOR]


def test_who_has_just_spoken_is_answered_at_once() -> None:
    world = greeted()
    world.send(Hushed(True))
    world.say("wait, I am here after all")
    actions = world.send(Hushed(False))
    assert [a.trigger for a in actions if isinstance(a, StartGeneration)] == [Trigger.USER]


def test_who_spoke_long_ago_is_not() -> None:
    world = greeted()
    world.send(Hushed(True))
    world.say("wait, I am here after all")
    world.wait(3.0)
    assert not [a for a in world.send(Hushed(False)) if isinstance(a, StartGeneration)]


def test_an_answer_that_yielded_is_dropped() -> None:
    world = speaking(seconds=4.0)
    world.speech()
    assert world.state_is(State.YIELDED)
    world.send(Hushed(True))
    assert world.state_is(State.LISTENING)
    assert world.opened == world.epoch


def test_a_farewell_is_not_taken_away() -> None:
    world = greeted()
    world.send(SayRequest("Goodbye.", end_call=True))
    world.send(Hushed(True))
    assert world.state_is(State.CLOSING)
    world.synthesize(seconds=0.5)
    world.wait(2.0)
    assert world.hung_up is not None
