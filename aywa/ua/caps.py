"""How much of this process one trunk may take: calls at a time, and calls begun in a second.

```
INVITE ──admit──▶ begun ──hold──▶ lives ───────────▶ over
          │                          │ 2 s without ACK ▲
          │                          └──▶ unheard ─────┤ the ACK came: lives
          └─ CapLimit: 503, nobody hears of it         └ too many: given up
```
Without a share of its own a trunk that runs wild fills the whole process, and the calls of all the others are
refused. Counted by trunk; of the addresses without a name, by the entry of the list that holds them.

Who forges a trunk's address over UDP never hears our answer, and so acknowledges none: such calls stop
to count against the trunk after 2 s, and of those there are only so many.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from aywa.ua.rates import BURST_S
from aywa.ua.trunk import Trunks

# Where the calls of a process may come from more than one trunk, none has the last quarter of it by default.
SHARE = (3, 4)
# Of a trunk; each has a recogniser and ports until it is given up, at the latest 32 s after its answer.
MAX_UNHEARD = 32
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
    unheard: OrderedDict[Place, Callable[[], None]] = field(default_factory=OrderedDict)


class Place:
    """One call's place in its trunk's share, from `hold` to `release`."""

    def __init__(self, scope: _Scope) -> None:
        self._scope = scope
        self._counts = True
        scope.live += 1

    def doubt(self, give_up: Callable[[], None]) -> None:
        """Nobody has acknowledged its answer: it counts no more. `give_up` ends it, should too many be so."""
        if self._counts:
            self._count(False)
            unheard = self._scope.unheard
            unheard[self] = give_up
            if len(unheard) > MAX_UNHEARD:
                _, give_up_oldest = unheard.popitem(last=False)
                give_up_oldest()

    def prove(self) -> None:
        """The caller hears us after all."""
        if self._scope.unheard.pop(self, None) is not None:
            self._count(True)

    def release(self) -> None:
        """The call is over."""
        self._scope.unheard.pop(self, None)
        self._count(False)

    def _count(self, counts: bool) -> None:
        self._scope.live += counts - self._counts
        self._counts = counts


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

    def hold(self, host: str, now: float) -> Place:
        """A call of `host` lives until its place is released."""
        return Place(self._scope(host, now))

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
