"""What the SIP state machines share: a printed transition table, timers, and a queue of actions.

Each machine's module exports `TRANSITIONS`, rows of (state, event, next state). The table is not a
description of the machine, it is the machine: `_enter(event)` looks the next state up and raises
`AssertionError` for a pair that is not there, so a drawing made from the table cannot lie.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import ClassVar, Generic, TypeVar

from aywa.proto.sip.timers import TimerTable

S = TypeVar("S", bound=Enum)
T = TypeVar("T", bound=Enum)
A = TypeVar("A")


def next_states(transitions: tuple[tuple[S, str, S], ...]) -> dict[tuple[S, str], S]:
    """The lookup form of a transition table. Raises ValueError when two rows disagree."""
    table: dict[tuple[S, str], S] = {}
    for state, event, target in transitions:
        if table.setdefault((state, event), target) is not target:
            raise ValueError(f"{state} on {event!r} leads to two states")
    return table


class Machine(ABC, Generic[S, T, A]):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    NEXT: ClassVar[Mapping[tuple[Enum, str], Enum]]
    state: S

    def __init__(self) -> None:
        self._timers: TimerTable[T] = TimerTable()
        self._actions: deque[A] = deque()

    @property
    def deadline(self) -> float | None:
        """When `handle_timers` wants to be called (monotonic seconds); None: never."""
        return self._timers.deadline

    def actions(self) -> Iterator[A]:
        """What to do now, in order; each is given out once."""
        while self._actions:
            yield self._actions.popleft()

    def handle_timers(self, now: float) -> None:
        """Fire every timer due at `now`, in the order of their deadlines.

        A timer that re-arms itself is counted from its own deadline, not from `now`: a late wake-up
        does not stretch the ladder. A ladder that is far behind skips the steps it has missed.
        """
        while (due := self._timers.pop_due(now)) is not None:
            timer, deadline = due
            self._fire(timer, deadline, now)

    @abstractmethod
    def _fire(self, timer: T, deadline: float, now: float) -> None:
        """Do what this timer is for."""

    def _enter(self, event: str) -> None:
        """Take the transition `event` names: the only writer of `state`."""
        target = self.NEXT.get((self.state, event))
        if target is None:
            raise AssertionError(f"{type(self).__name__} has no transition from {self.state} on {event!r}")
        self.state = target  # type: ignore[assignment]  # NEXT of a subclass holds its own states
