"""How much was dialled: counts by scope, on explicit time. A scope is an API key, or a trunk.

```
take ──▶ begun ──answered──▶ talking ──over──▶ its seconds count for the day
  │        └──────over: nothing more than a call begun
  └─ LimitReached: nothing is counted
```
Days are UTC days. A call that passes midnight counts for the day it ends on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil

from aywa.errors import AywaError, EndCode
from aywa.settings import DialLimits

DAY_S = 86_400
_CONCURRENT_RETRY_S = 10  # nobody knows when a call ends; by then one in ten has


@dataclass(frozen=True, slots=True)
class DialTime:
    """`now` in monotonic seconds; `wall` in seconds since 1970, for the day."""

    now: float
    wall: float

    @property
    def day(self) -> int:
        """UTC days since 1970."""
        return int(self.wall // DAY_S)

    @property
    def until_midnight_s(self) -> int:
        """Until the next UTC day begins, rounded up."""
        return ceil(DAY_S - self.wall % DAY_S)


class LimitReached(AywaError):  # noqa: N818 - says what happened
    """One call more would pass a limit. `scope` names whose, `limit` which."""

    http_status = 429
    code = "dial-limit"
    end_code = EndCode.REJECTED

    def __init__(self, scope: str, limit: str, retry_after_s: int) -> None:
        super().__init__(f"The limit {limit} of {scope} is reached")
        self.scope = scope
        self.limit = limit
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class DayUsage:
    """What a scope has used of a day: calls begun and seconds talked."""

    scope: str
    day: int
    calls: int
    seconds: float


@dataclass(slots=True)
class _Scope:
    limits: DialLimits
    open: set[Ticket] = field(default_factory=set)
    recent: deque[float] = field(default_factory=deque)  # when the calls of the last second began
    day: int = 0
    calls: int = 0
    seconds: float = 0.0

    def turn_to(self, time: DialTime) -> None:
        """Forget other days and other seconds. A wall clock that went back begins no new day."""
        if time.day > self.day:
            self.day, self.calls, self.seconds = time.day, 0, 0.0
        while self.recent and self.recent[0] <= time.now - 1.0:
            self.recent.popleft()

    def used_s(self, now: float) -> float:
        """Seconds talked, with those that are being talked."""
        return self.seconds + sum(now - t.talks_since for t in self.open if t.talks_since is not None)


@dataclass(eq=False, slots=True)
class Ticket:
    """One call that counts in one scope."""

    scope: str
    talks_since: float | None = None


class Usage:
    """Counts of every scope. Bounded: a scope exists for each key and trunk, a ticket for each open call."""

    def __init__(self) -> None:
        self._scopes: dict[str, _Scope] = {}

    def check(self, scope: str, limits: DialLimits, time: DialTime) -> None:
        """Raises LimitReached where one call more is too many."""
        kept = self._scope(scope, limits, time)
        if len(kept.open) >= limits.concurrent:
            raise LimitReached(scope, "concurrent", _CONCURRENT_RETRY_S)
        if kept.calls >= limits.per_day:
            raise LimitReached(scope, "per_day", time.until_midnight_s)
        if kept.used_s(time.now) >= limits.minutes_per_day * 60:
            raise LimitReached(scope, "minutes_per_day", time.until_midnight_s)
        if len(kept.recent) >= limits.per_second:
            raise LimitReached(scope, "per_second", 1)

    def take(self, scope: str, limits: DialLimits, time: DialTime) -> Ticket:
        """Count a call that begins now. Raises LimitReached, and then nothing is counted."""
        self.check(scope, limits, time)
        kept = self._scopes[scope]
        ticket = Ticket(scope)
        kept.open.add(ticket)
        kept.recent.append(time.now)
        kept.calls += 1
        return ticket

    def answered(self, ticket: Ticket, time: DialTime) -> None:
        """Somebody answered: the minutes run."""
        if ticket.talks_since is None:
            ticket.talks_since = time.now

    def over(self, ticket: Ticket, time: DialTime) -> None:
        """The call is over; twice is once."""
        kept = self._scopes[ticket.scope]
        if ticket in kept.open:
            kept.turn_to(time)
            kept.open.remove(ticket)
            if ticket.talks_since is not None:
                kept.seconds += time.now - ticket.talks_since

    def exhausted(self, ticket: Ticket, time: DialTime) -> bool:
        """Whether the minutes of the ticket's scope are used up."""
        kept = self._scopes[ticket.scope]
        kept.turn_to(time)
        return kept.used_s(time.now) >= kept.limits.minutes_per_day * 60

    def days(self, time: DialTime) -> list[DayUsage]:
        """What every scope has used of today, to be kept."""
        for kept in self._scopes.values():
            kept.turn_to(time)
        return [
            DayUsage(name, kept.day, kept.calls, kept.used_s(time.now)) for name, kept in self._scopes.items()
        ]

    def restore(self, days: Iterable[DayUsage]) -> None:
        """What was kept, before the first call: of every scope the latest day."""
        for each in days:
            kept = self._scopes.setdefault(each.scope, _Scope(DialLimits()))
            if each.day >= kept.day:
                kept.day, kept.calls, kept.seconds = each.day, each.calls, each.seconds

    def live(self) -> dict[str, int]:
        """Open calls by scope."""
        return {name: len(kept.open) for name, kept in self._scopes.items()}

    def _scope(self, name: str, limits: DialLimits, time: DialTime) -> _Scope:
        kept = self._scopes.setdefault(name, _Scope(limits))
        kept.limits = limits
        kept.turn_to(time)
        return kept
