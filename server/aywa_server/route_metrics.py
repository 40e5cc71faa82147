"""How chains of providers went, in Prometheus' metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from aywa.errors import ProviderFault
from aywa.ports.routes import Stage
from aywa.ports.store import TimelineEntry
from aywa_server.labels import one_of

_STAGES = frozenset(stage.value for stage in Stage)
_FAULTS = frozenset(fault.value for fault in ProviderFault)
_REASONS = _FAULTS | {"hedge", "ill"}


class RouteMetrics:
    """Failures, switches and outages, by stage and reason: who they befell stands in the calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._failures = Counter(
            "aywa_provider_failures",
            "Requests that a provider did not answer as it should",
            ["stage", "fault"],
            registry=registry,
        )
        self._switches = Counter(
            "aywa_provider_switches",
            "Times another provider took over in a call",
            ["stage", "reason"],
            registry=registry,
        )
        self._outages = Counter(
            "aywa_provider_outages",
            "Calls in which no provider of a stage worked",
            ["stage"],
            registry=registry,
        )

    def observe(self, entry: TimelineEntry) -> None:
        """Count what one timeline entry says of a provider."""
        stage = one_of(_STAGES, entry.data.get("stage"))
        match entry.kind:
            case "provider.failed":
                self._failures.labels(stage, one_of(_FAULTS, entry.data.get("fault"))).inc()
            case "provider.switched":
                self._switches.labels(stage, one_of(_REASONS, entry.data.get("reason"))).inc()
            case "provider.outage":
                self._outages.labels(stage).inc()
