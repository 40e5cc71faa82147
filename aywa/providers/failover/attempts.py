"""The order in which a chain's routes are asked, and what is known of each once it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from aywa.errors import AywaError, ProviderError, ProviderFault
from aywa.ports.routes import RouteEvent, RouteFailed, RouteRecovered, RouteReport, RouteSwitched, Stage
from aywa.providers.failover.route import Fitness, Health, Route, RouteHealth, fault_of

ProviderT = TypeVar("ProviderT")
LAST_OF_SEVERAL_S = 3.0  # for the last route when others have failed: the caller has waited for them too
AGAIN_WITHIN_S = 2.0  # a route that failed at once is asked once more, if all have failed by then
_WORTH_ANOTHER_TRY = frozenset({ProviderFault.UNAVAILABLE, ProviderFault.CLOSED, ProviderFault.PROTOCOL})


def ignore(event: RouteEvent) -> None:
    """Nobody listens."""


class Journey(Generic[ProviderT]):
    """Which route one call uses, and what its listener is told of that."""

    def __init__(
        self, stage: Stage, routes: Sequence[Route[ProviderT]], health: Health, report: RouteReport = ignore
    ) -> None:
        assert routes, "a chain has at least one route"
        self.stage = stage
        self.routes = tuple(routes)
        self.report = report
        self._health = health
        self._current = 0
        self._troubled = False  # the current route has failed since it last worked

    @property
    def health(self) -> Health:
        """What is known of all routes of the process."""
        return self._health

    def fitness(self, route: Route[ProviderT], now: float) -> Fitness:
        """Whether this route is well."""
        return self._of(route).fitness(now)

    def asked(self, route: Route[ProviderT], now: float) -> None:
        """A request to it begins."""
        self._of(route).asked(now)

    def worked(self, route: Route[ProviderT], began: float) -> None:
        """It did what was asked of it then."""
        if self._of(route).succeeded(began):
            self._tell(route, well=True)

    def released(self, route: Route[ProviderT]) -> None:
        """What was asked of it was taken back before anything came."""
        self._of(route).released()

    def failed(self, route: Route[ProviderT], error: ProviderError, now: float) -> None:
        """It did not do what was asked."""
        health = self._of(route)
        before = health.fitness(now)
        health.failed(now, error)
        if before is Fitness.WELL and health.fitness(now) is not Fitness.WELL:
            self._tell(route, well=False)
        if self.routes[self._current] is route:
            self._troubled = True
        self.report(RouteFailed(self.stage, route.name, fault_of(error), error.detail))

    def goes_by(
        self, route: Route[ProviderT], reason: str, after_s: float, lost: Route[ProviderT] | None = None
    ) -> None:
        """From now on it is this one; `lost`: whom it replaces, who was asked in vain.

        Tells of it if it is another one than before, or had failed meanwhile.
        """
        index = next(place for place, each in enumerate(self.routes) if each is route)
        before, troubled = self._current, self._troubled
        self._current, self._troubled = index, False
        if (lost is not None and lost is not route) or index > before:
            source = (lost or self.routes[before]).name
            self.report(RouteSwitched(self.stage, source, route.name, reason, round(after_s * 1000)))
        elif index < before or troubled:
            self.report(RouteRecovered(self.stage, route.name))

    def _of(self, route: Route[ProviderT]) -> RouteHealth:
        return self._health.of(self.stage.value, route.key or route.name)

    def _tell(self, route: Route[ProviderT], *, well: bool) -> None:
        if self._health.listener is not None:
            self._health.listener(self.stage.value, route.name, well)


class Order(Generic[ProviderT]):
    """The routes in the order in which one request tries them. `now`: monotonic seconds."""

    def __init__(self, journey: Journey[ProviderT], now: float) -> None:
        routes = journey.routes
        fit = {id(route): journey.fitness(route, now) for route in routes}
        well = any(fitness is Fitness.WELL for fitness in fit.values())
        tried = [route for route in routes if fit[id(route)] is not Fitness.ILL]
        # When none is well whoever is said to be ill is asked all the same: silence is worse.
        self._waiting = [*tried, *(route for route in routes if fit[id(route)] is Fitness.ILL)]
        self._probes = {key for key, fitness in fit.items() if well and fitness is Fitness.PROBE}
        self._began = now
        self._again: list[Route[ProviderT]] = []
        self._second = False
        self._alone = len(routes) == 1
        self.first_lost: Route[ProviderT] | None = None
        self.reason = ""  # why the first route is not the one that is asked
        if self._waiting[0] is not routes[0]:
            self.reason = "ill"

    def next(self, now: float) -> Route[ProviderT] | None:
        """Whom to ask now; None when all have failed."""
        if not self._waiting and not self._second and now - self._began < AGAIN_WITHIN_S:
            self._second = True
            self._waiting, self._again = self._again, []
        return self._waiting.pop(0) if self._waiting else None

    @property
    def more(self) -> bool:
        """Whether there is another route to ask."""
        return bool(self._waiting)

    def last(self, route: Route[ProviderT]) -> None:
        """Ask this one after all others."""
        if route in self._waiting:
            self._waiting.remove(route)
            self._waiting.append(route)

    def first_s(self, route: Route[ProviderT]) -> float:
        """How long the first sign of this one is waited for."""
        deadlines = route.deadlines
        if self._waiting:
            return deadlines.probe_s if id(route) in self._probes else deadlines.first_s
        if self._alone:
            return deadlines.patience_s
        return max(deadlines.first_s, min(deadlines.patience_s, LAST_OF_SEVERAL_S))

    def next_s(self, route: Route[ProviderT]) -> float:
        """How long each further one is waited for."""
        return route.deadlines.patience_s if self._alone else route.deadlines.next_s

    def lost(self, route: Route[ProviderT], error: ProviderError) -> None:
        """It has failed; it may be asked once more."""
        self.reason = fault_of(error).value
        self.first_lost = self.first_lost or route
        if fault_of(error) in _WORTH_ANOTHER_TRY and route not in self._again:
            self._again.append(route)


def failure_of(error: BaseException, route: str, stage: Stage) -> ProviderError:
    """What a route's driver raised, as the one kind of error that a chain knows.

    A driver that breaks on what it was sent is lost like one that says so: the call goes on without it.
    """
    for each in _leaves(error):
        if isinstance(each, ProviderError):
            return each.with_traceback(None)
    known = next((each for each in _leaves(error) if isinstance(each, AywaError)), None)
    detail = known.detail if known is not None else f"The driver broke: {type(error).__name__}"
    return ProviderError(detail, provider=route, stage=stage.value, fault=ProviderFault.PROTOCOL)


def late(route: str, stage: Stage, what: str) -> ProviderError:
    """A route that gives nothing."""
    return ProviderError(what, provider=route, stage=stage.value, fault=ProviderFault.TIMEOUT)


def ended(route: str, stage: Stage) -> ProviderError:
    """A stream that ends before its end."""
    detail = "The stream ended before its end"
    return ProviderError(detail, provider=route, stage=stage.value, fault=ProviderFault.CLOSED)


def all_lost(name: str, stage: Stage, last: ProviderError | None) -> ProviderError:
    """No route is left: nothing is tried again."""
    detail = "No provider of this stage works" + (f": {last.detail}" if last is not None else "")
    fault = ProviderFault.UNAVAILABLE if last is None else fault_of(last)
    return ProviderError(detail, provider=name, stage=stage.value, retryable=False, fault=fault)


def _leaves(error: BaseException) -> Iterable[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for child in error.exceptions:
            yield from _leaves(child)
    else:
        yield error
