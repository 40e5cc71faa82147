"""One request on its way through the routes: whoever is late is raced or left.

```
  route 1 ──► gives something? ── no, `hedge_after_ms` ──► route 2 beside it; whoever is first answers
                               ── no, `first_s` ─────────► route 2 instead
```
Each route runs in a task of its own and is never kept waiting by the listener, so that a deadline judges the
route and nobody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeAlias, TypeVar

import trio

from aywa.errors import ProviderError
from aywa.ports.routes import RoutesOut, RouteUsed
from aywa.providers.failover.attempts import Journey, Order, all_lost, late
from aywa.providers.failover.route import Route
from aywa.providers.failover.wall import Wall

ProviderT = TypeVar("ProviderT")
EventT = TypeVar("EventT")
Opener: TypeAlias = Callable[[Route[ProviderT]], AbstractAsyncContextManager[AsyncIterator[EventT]]]


@dataclass(frozen=True, slots=True)
class Rules(Generic[ProviderT, EventT]):
    """Of one stage. `is_sign`: this only says that the route is at work; `used`: what an attempt has cost
    that came to nothing or not to its end, as far as that can be known.
    """

    late_first: str  # the detail of a route that gives nothing
    late_next: str  # likewise, in the middle
    is_sign: Callable[[EventT], bool]
    used: Callable[[Attempt[ProviderT, EventT]], RouteUsed]


class Attempt(Generic[ProviderT, EventT]):
    """One route at work."""

    def __init__(self, route: Route[ProviderT], now: float) -> None:
        self.route = route
        self.began = now
        self.gave = False
        self.signed_at = now  # the last sign of life
        self.taken: list[EventT] = []  # what was read of it
        self.scope = trio.CancelScope()
        self.items: deque[EventT | ProviderError | None] = deque()  # None: the end


class Race(Generic[ProviderT, EventT]):
    """Attempts of one request. They run in `nursery`; leave it only after `close`."""

    def __init__(
        self, journey: Journey[ProviderT], rules: Rules[ProviderT, EventT], nursery: trio.Nursery
    ) -> None:
        self.order = Order(journey, trio.current_time())
        self.last: ProviderError | None = None
        self._journey = journey
        self._rules = rules
        self._nursery = nursery
        self._came = trio.Event()
        self._running: list[Attempt[ProviderT, EventT]] = []  # the oldest first
        self._began = trio.current_time()

    async def first(self, opener: Opener[ProviderT, EventT]) -> Attempt[ProviderT, EventT]:
        """The attempt that gives something first. Raises `ProviderError`, not retryable, when none does."""
        self._began = trio.current_time()
        first = self._ask(opener)
        while True:
            now = trio.current_time()
            if (winner := self._judge(now)) is not None:
                self._settle(winner, hedged=winner is not first)
                return winner
            if not self._running or now >= self._hedge_at():
                self._ask(opener)
                continue
            await self._wait_until(min(self._hedge_at(), *(self._due(each) for each in self._running)))

    async def next(self, attempt: Attempt[ProviderT, EventT]) -> EventT | None:
        """What the one that answers gives next; None at its end. Raises `ProviderError` when it is lost."""
        while not attempt.items:
            due = attempt.signed_at + self.order.next_s(attempt.route)
            if trio.current_time() >= due:
                raise late(attempt.route.name, self._journey.stage, self._rules.late_next)
            await self._wait_until(due)
        item = attempt.items.popleft()
        if isinstance(item, ProviderError):
            raise item
        if item is not None:
            attempt.taken.append(item)
        return item

    def lose(self, attempt: Attempt[ProviderT, EventT], error: ProviderError) -> None:
        """It has failed."""
        attempt.scope.cancel()
        self._running.remove(attempt)
        self.last = error
        self.order.lost(attempt.route, error)
        self._journey.failed(attempt.route, error, trio.current_time())
        if attempt.gave:
            self._journey.report(self._rules.used(attempt))

    def finish(self, attempt: Attempt[ProviderT, EventT]) -> None:
        """It has done what was asked of it."""
        attempt.scope.cancel()
        self._running.remove(attempt)
        self._journey.worked(attempt.route, attempt.began)

    def close(self) -> None:
        """Nobody listens any more."""
        for attempt in self._running:
            attempt.scope.cancel()
            if attempt.gave:
                self._journey.worked(attempt.route, attempt.began)
            else:
                self._journey.released(attempt.route)
        self._running.clear()

    def _judge(self, now: float) -> Attempt[ProviderT, EventT] | None:
        """Whoever has given something; those that failed or are late are out."""
        for attempt in tuple(self._running):
            item = attempt.items[0] if attempt.items else None
            if isinstance(item, ProviderError):
                self.lose(attempt, item)
            elif attempt.items:
                return attempt
            elif now >= self._due(attempt):
                self.lose(attempt, late(attempt.route.name, self._journey.stage, self._rules.late_first))
        return None

    def _ask(self, opener: Opener[ProviderT, EventT]) -> Attempt[ProviderT, EventT]:
        now = trio.current_time()
        route = self.order.next(now)
        if route is None:
            self._journey.report(RoutesOut(self._journey.stage))
            raise all_lost(self._journey.routes[0].name, self._journey.stage, self.last)
        attempt: Attempt[ProviderT, EventT] = Attempt(route, now)
        self._journey.asked(route, now)
        self._running.append(attempt)
        self._nursery.start_soon(self._run, attempt, opener, name=f"route {route.name}")
        return attempt

    async def _run(self, attempt: Attempt[ProviderT, EventT], opener: Opener[ProviderT, EventT]) -> None:
        """Until the stream's end, which is the last of the attempt's items."""
        with attempt.scope:
            with Wall(attempt.route.name, self._journey.stage) as wall:
                async with opener(attempt.route) as events:
                    async for event in events:
                        attempt.signed_at = trio.current_time()
                        if not self._rules.is_sign(event):
                            attempt.gave = True
                            attempt.items.append(event)
                        self._came.set()
            attempt.items.append(wall.failure)
            self._came.set()

    async def _wait_until(self, moment: float) -> None:
        """Until something came, or until then."""
        with trio.move_on_at(moment):
            await self._came.wait()
        self._came = trio.Event()

    def _due(self, attempt: Attempt[ProviderT, EventT]) -> float:
        """When it has to give something; one that gives signs of life has as long from each of them."""
        if attempt is not self._running[-1]:
            return attempt.signed_at + attempt.route.deadlines.first_s
        return attempt.signed_at + self.order.first_s(attempt.route)

    def _hedge_at(self) -> float:
        last = self._running[-1]
        after_ms = last.route.hedge_after_ms
        return inf if after_ms is None or not self.order.more else last.began + after_ms / 1000

    def _settle(self, winner: Attempt[ProviderT, EventT], *, hedged: bool) -> None:
        """This one answers; the others are stopped, and have cost something."""
        for attempt in self._running:
            if attempt is not winner:
                attempt.scope.cancel()
                self._journey.released(attempt.route)
                self._journey.report(self._rules.used(attempt))
        self._running = [winner]
        reason = self.order.reason or ("hedge" if hedged else "")
        lost = self.order.first_lost
        self._journey.goes_by(winner.route, reason, trio.current_time() - self._began, lost)
        self.order.first_lost = None
