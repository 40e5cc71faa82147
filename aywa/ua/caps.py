"""How much of this process one trunk may take: calls at a time, and calls begun in a second.

```
INVITE ──admit──▶ begun ──hold──▶ CLAIMED ──ACK──▶ PROVED ──▶ over
          │                          │ 2 s without ACK ▲ ACK
          │                          └──▶ UNHEARD ─────┤
          └─ CapLimit: 503, nobody hears of it         └ too many: given up
```
Without a share of its own a trunk that runs wild fills the whole process, and the calls of all the others are
refused. Counted by trunk; of the addresses without a name, by the entry of the list that holds them.

Who forges a trunk's address over UDP never hears our answer, and so acknowledges none. Calls that nobody
has acknowledged have a budget of their own, as large as the trunk's: they take nothing from callers who have
shown that they hear us, by a connection or by credentials, and such callers over UDP get theirs back with
their ACK. They stop to count as live after 2 s, and of those there are only so many.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
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


class Standing(Enum):
    """What is known of who began a call."""

    CLAIMED = "a datagram with the trunk's address"
    PROVED = "it hears what we send there"
    UNHEARD = "our answer has not been acknowledged for 2 s"
    OVER = "the call is over, or given up"


_LIVING = (Standing.CLAIMED, Standing.PROVED)


@dataclass(slots=True)
class _Budget:
    """Calls that may begin, as of `at` (seconds); below 0 where many have proved themselves at once."""

    per_s: float
    tokens: float
    at: float

    def left(self, now: float) -> float:
        """What is there now."""
        self.tokens = min(self.per_s * BURST_S, self.tokens + (now - self.at) * self.per_s)
        self.at = now
        return self.tokens


class _Scope:
    """One trunk: its calls by their standing, and what may begin of either kind."""

    def __init__(self, most: float, per_s: float, now: float) -> None:
        self.most = most
        self.budgets = {standing: _Budget(per_s, per_s * BURST_S, now) for standing in _LIVING}
        self.counts: Counter[Standing] = Counter()
        self.unheard: OrderedDict[Place, Callable[[], None]] = OrderedDict()

    @property
    def live(self) -> int:
        """Calls that count."""
        return sum(self.counts[standing] for standing in _LIVING)


class Place:
    """One call's place in its trunk's share, from `hold` to `release`."""

    def __init__(self, scope: _Scope, standing: Standing) -> None:
        self._scope = scope
        self._standing = standing
        scope.counts[standing] += 1

    def doubt(self, give_up: Callable[[], None]) -> None:
        """Nobody has acknowledged its answer: it counts no more. `give_up` ends it, should too many be so.

        Nothing for a caller who has shown before that he hears us.
        """
        if self._standing is not Standing.CLAIMED:
            return
        self._become(Standing.UNHEARD)
        unheard = self._scope.unheard
        unheard[self] = give_up
        if len(unheard) > MAX_UNHEARD:
            oldest, give_up_oldest = unheard.popitem(last=False)
            oldest._become(Standing.OVER)
            give_up_oldest()

    def prove(self, now: float) -> None:
        """The ACK came: the caller hears us, and is counted with those who do."""
        if self._standing not in (Standing.CLAIMED, Standing.UNHEARD):
            return
        self._scope.unheard.pop(self, None)
        self._become(Standing.PROVED)
        budgets = self._scope.budgets
        for standing, back in ((Standing.CLAIMED, 1.0), (Standing.PROVED, -1.0)):
            budgets[standing].left(now)
            budgets[standing].tokens += back

    def release(self) -> None:
        """The call is over."""
        self._scope.unheard.pop(self, None)
        self._become(Standing.OVER)

    def _become(self, standing: Standing) -> None:
        self._scope.counts[self._standing] -= 1
        self._scope.counts[standing] += 1
        self._standing = standing


class TrunkCaps:
    """The counts of every trunk. Bounded: a scope for each trunk and each entry, and one for all others."""

    def __init__(self, trunks: Trunks, capacity: int | None = None) -> None:
        """`capacity`: calls of the whole process; None, and a trunk that sets no limit has none."""
        self.refused: Counter[CapLimit] = Counter()
        self._trunks = trunks
        self._capacity = capacity
        self._scopes: dict[str, _Scope] = {}

    def admit(self, host: str, now: float, *, proved: bool, replaces: bool = False) -> CapLimit | None:
        """Count a call that `host` (an IP literal) begins; the limit it would pass, and then nothing counts.

        `proved`: whoever sends it hears what we send there. `replaces`: it takes the place of a call, and so
        adds none.
        """
        scope = self._scope(host, now)
        kinds = (Standing.PROVED,) if proved else _LIVING
        limit = None
        if not replaces and sum(scope.counts[standing] for standing in kinds) >= scope.most:
            limit = CapLimit.CALLS
        elif min(scope.budgets[standing].left(now) for standing in kinds) < 1.0:
            limit = CapLimit.RATE
        if limit is None:
            scope.budgets[_standing(proved)].tokens -= 1.0
        else:
            self.refused[limit] += 1
        return limit

    def hold(self, host: str, now: float, *, proved: bool) -> Place:
        """A call of `host` lives until its place is released; `proved` as it was admitted."""
        return Place(self._scope(host, now), _standing(proved))

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
            scope = _Scope(unsaid[0] if most is None else most, rate, now)
            self._scopes[name] = scope
        return scope

    def _share(self) -> float:
        capacity = self._capacity or 0
        if self._trunks.sources < 2:
            return capacity
        return max(min(capacity, 1), capacity * SHARE[0] // SHARE[1])


def _standing(proved: bool) -> Standing:
    return Standing.PROVED if proved else Standing.CLAIMED
