"""Stops asking a server that fails again and again, and asks with one request whether it is back. Pure."""

from __future__ import annotations

from enum import Enum

FAILURES = 5  # in a row
OPEN_S = (5.0, 10.0, 30.0, 60.0, 120.0)  # how long it is left alone, longer each time
MAX_HELD_S = 3600.0  # a server's own Retry-After is believed up to here


class CircuitState(Enum):
    """What may be asked."""

    CLOSED = "as much as there is room for"
    OPEN = "nothing"
    TRYING = "one request"


class Circuit:
    """Of one endpoint. What waits behind an open circuit spends no attempt.

    `failures`: in a row, after which it opens. `open_s`: for how long, the first time, the second and so on.
    """

    def __init__(self, failures: int = FAILURES, open_s: tuple[float, ...] = OPEN_S) -> None:
        self._limit = failures
        self._open_s = open_s
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
        if self._failures >= self._limit or self._opened:
            step = min(self._opened, len(self._open_s) - 1)
            self._until = max(self._until, now + self._open_s[step])
            self._opened += 1
            self._failures = 0
        if hold_s is not None and hold_s > 0:
            self._until = max(self._until, now + min(hold_s, MAX_HELD_S))
            self._opened = max(self._opened, 1)
