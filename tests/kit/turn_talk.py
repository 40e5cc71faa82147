"""An answer that is being heard, and what came of it."""

from __future__ import annotations

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.events import (
    Decided,
    TurnAction,
    UserSaid,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld, greeted

ANSWER = "We have a quiet room with a view of the old town."


def talking(
    mode: BargeInMode = BargeInMode.REVERSIBLE, text: str = ANSWER, *, partials: bool = True, **barge: object
) -> TurnWorld:
    """An answer of eight seconds, of which one was heard."""
    settings = TurnSettings(barge=BargeInSettings(mode=mode, **barge))  # type: ignore[arg-type]
    world = greeted(settings, gate=mode is not BargeInMode.OFF)
    world.say("a room please", partial=partials)
    world.answer(text)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    assert world.state_is(State.SPEAKING)
    return world


def kinds(actions: list[TurnAction]) -> set[str]:
    return {type(action).__name__ for action in actions}


def decided(world: TurnWorld, kind: str) -> list[Decided]:
    return [action for action in world.log if isinstance(action, Decided) and action.kind == kind]


def said(world: TurnWorld) -> list[tuple[str, bool]]:
    return [(action.text, action.counts) for action in world.log if isinstance(action, UserSaid)]
