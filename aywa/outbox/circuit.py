"""Stops asking a server that fails again and again, and asks with one message whether it is back. Pure."""

from __future__ import annotations

from enum import Enum

FAILURES = 5  # in a row
OPEN_S = (5.0, 10.0, 30.0, 60.0, 120.0)  # how long it is left alone, longer each time
MAX_HELD_S = 3600.0  # a server's own Retry-After is believed up to here


class CircuitState(Enum):
    """What may be sent."""

    CLOSED = "as much as there is room for"
    OPEN = "nothing"
    TRYING = "one message"


class Circuit:
    """Of one endpoint. Messages that wait behind an open circuit spend no attempt."""

    def __init__(self) -> None:
        self._failures = 0
        self._opened = 0
        self._until = 0.0
        self._failed_at = 0.0

    def state(self, now: float) -> CircuitState:
        """At this moment."""
        if now < self._until:
            return CircuitState.OPEN
        return CircuitState.TRYING if self._opened else CircuitState.CLOSED

    @property
    def idle(self) -> bool:
        """Nothing is known against the endpoint."""
        return not self._failures and not self._opened

    @property
    def opens_at(self) -> float:
        """When an open one may be tried again."""
        return self._until

    def succeeded(self, began: float) -> None:
        """An answer that says the server works, to what was sent then: news from before a failure is none."""
        if began < self._failed_at:
            return
        self._failures = self._opened = 0
        self._until = 0.0

    def failed(self, now: float, hold_s: float | None = None) -> None:
        """No such answer. `hold_s`: how long the server asked to be left alone."""
        self._failed_at = now
        self._failures += 1
        if self._failures >= FAILURES or self._opened:
            step = min(self._opened, len(OPEN_S) - 1)
            self._until = max(self._until, now + OPEN_S[step])
            self._opened += 1
            self._failures = 0
        if hold_s is not None and hold_s > 0:
            self._until = max(self._until, now + min(hold_s, MAX_HELD_S))
            self._opened = max(self._opened, 1)
