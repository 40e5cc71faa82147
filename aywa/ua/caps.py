"""How much of this process one trunk may take: calls at a time, and calls begun in a second.

```
INVITE ──admit──▶ begun ──hold──▶ lives ──▶ over
          └─ CapLimit: 503, and nobody hears of it
```
Without a share of its own a trunk that runs wild fills the whole process, and the calls of all the others are
refused. Counted by trunk; of the addresses without a name, by the entry of the list that holds them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from aywa.ua.rates import BURST_S
from aywa.ua.trunk import Trunks

# Where the calls of a process may come from more than one trunk, none has the last quarter of it by default.
SHARE = (3, 4)
CALLS_PER_S = 50.0  # of a trunk that does not say: each call is a row, a recogniser and ports


class CapLimit(Enum):
    """What one call more would pass; the value is the field of the trunk."""

    CALLS = "max_calls"
    RATE = "calls_per_second"

    @property
    def retry_after_s(self) -> int:
        """When it is worth another try: nobody knows when a call ends, a second is over after one."""
        return 5 if self is CapLimit.CALLS else 1


@dataclass(slots=True)
class _Scope:
    """One trunk: calls that live, and calls that may begin, as of `at` (seconds)."""

    most: float
    per_s: float
    tokens: float
    at: float
    live: int = 0


class TrunkCaps:
    """The counts of every trunk. Bounded: a scope for each trunk and each entry, and one for all others."""

    def __init__(self, trunks: Trunks, capacity: int | None = None) -> None:
        """`capacity`: calls of the whole process; None, and a trunk that sets no limit has none."""
        self.refused: Counter[CapLimit] = Counter()
        self._trunks = trunks
        self._capacity = capacity
        self._scopes: dict[str, _Scope] = {}

    def admit(self, host: str, now: float, *, replaces: bool = False) -> CapLimit | None:
        """Count a call that `host` (an IP literal) begins; the limit it would pass, and then nothing counts.

        `replaces`: it takes the place of a call, and so adds none.
        """
        scope = self._scope(host, now)
        scope.tokens = min(scope.per_s * BURST_S, scope.tokens + (now - scope.at) * scope.per_s)
        scope.at = now
        limit = None
        if not replaces and scope.live >= scope.most:
            limit = CapLimit.CALLS
        elif scope.tokens < 1.0:
            limit = CapLimit.RATE
        if limit is None:
            scope.tokens -= 1.0
        else:
            self.refused[limit] += 1
        return limit

    def hold(self, host: str, now: float) -> Callable[[], None]:
        """A call of `host` lives until what is returned is called, once."""
        scope = self._scope(host, now)
        scope.live += 1

        def release() -> None:
            scope.live -= 1

        return release

    def live(self) -> dict[str, int]:
        """Calls that live, by trunk or entry."""
        return {name: scope.live for name, scope in self._scopes.items()}

    def _scope(self, host: str, now: float) -> _Scope:
        name = self._trunks.scope_of(host)
        scope = self._scopes.get(name)
        if scope is None:
            trunk = self._trunks.of(host)
            most = None if trunk is None else trunk.max_calls
            per_s = None if trunk is None else trunk.calls_per_second
            unsaid = (float("inf"), float("inf")) if self._capacity is None else (self._share(), CALLS_PER_S)
            rate = unsaid[1] if per_s is None else float(per_s)
            scope = _Scope(unsaid[0] if most is None else most, rate, rate * BURST_S, now)
            self._scopes[name] = scope
        return scope

    def _share(self) -> float:
        capacity = self._capacity or 0
        if self._trunks.sources < 2:
            return capacity
        return max(min(capacity, 1), capacity * SHARE[0] // SHARE[1])
