"""A call's own view of its providers: what happens in them stands in its timeline, and may end it."""

from __future__ import annotations

from dataclasses import replace

from aywa.call.dependencies import CallDependencies
from aywa.call.live import LiveCall
from aywa.call.outage import Outage
from aywa.ports.routes import (
    RouteEvent,
    RouteFailed,
    RouteRecovered,
    RoutesOut,
    RouteSwitched,
    RouteUsed,
    of_call,
)


def routed(dependencies: CallDependencies, live: LiveCall) -> CallDependencies:
    """The same dependencies, whose providers tell this call."""
    news = _RouteNews(live, Outage(live, dependencies))
    return replace(
        dependencies,
        transcriber=of_call(dependencies.transcriber, news.tell),
        model=of_call(dependencies.model, news.tell),
        synthesizer=of_call(dependencies.synthesizer, news.tell),
    )


class _RouteNews:
    """Notes what becomes of routes."""

    def __init__(self, live: LiveCall, outage: Outage) -> None:
        self._timeline = live.timeline
        self._outage = outage

    def tell(self, event: RouteEvent) -> None:
        """One piece of it."""
        add = self._timeline.add
        match event:
            case RouteFailed(stage, route, fault, detail):
                add("provider.failed", stage=stage.value, provider=route, fault=fault.value, detail=detail)
            case RouteSwitched(stage, source, target, reason, after_ms):
                told = {"from": source, "to": target}
                add("provider.switched", stage=stage.value, **told, reason=reason, after_ms=after_ms)
            case RouteRecovered(stage, route):
                add("provider.recovered", stage=stage.value, provider=route)
            case RouteUsed(stage, route, instead):
                units = {
                    name: getattr(event, name)
                    for name in ("prompt_tokens", "completion_tokens", "characters", "seconds")
                    if getattr(event, name)
                }
                if units:
                    add("provider.used", stage=stage.value, provider=route, instead=instead, **units)
            case RoutesOut(stage):
                self._outage.begin(stage)
