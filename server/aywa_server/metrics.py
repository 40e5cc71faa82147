"""Prometheus metrics of one process, in a registry of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import inf

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from aywa.clock import monotonic_now
from aywa.model.base import iso_ms
from aywa.outbox.figures import WorkerFigures
from aywa.ports.store import TimelineEntry
from aywa_server.labels import (
    DIAL_OUTCOMES,
    METHODS,
    REASONS,
    TRANSFER_MODES,
    TRANSFER_OUTCOMES,
    Trunks,
    one_of,
    status_of,
)
from aywa_server.metrics_json import metrics_json
from aywa_server.outbox_metrics import OutboxMetrics
from aywa_server.route_metrics import RouteMetrics
from aywa_server.slo import SloWindow
from aywa_server.turn_metrics import TurnMetrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


# From a bad to the best MOS that G.711 gets: below 3.6 many callers are dissatisfied (ITU-T G.109).
_MOS_BUCKETS = (1.5, 2.0, 2.6, 3.1, 3.6, 3.8, 4.0, 4.2, 4.3, 4.4, 4.5)
_LOSS_BUCKETS = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_JITTER_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
_ROUND_TRIP_BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)


class _TickLateness:
    """The engine's own histogram, read at every scrape; it keeps no sum."""

    def __init__(self, read: Callable[[], Sequence[tuple[float, int]]]) -> None:
        self._read = read

    def collect(self) -> Iterable[HistogramMetricFamily]:
        total, buckets = 0, []
        for limit_s, count in self._read():
            total += count
            buckets.append(("+Inf" if limit_s == inf else repr(limit_s), float(total)))
        yield HistogramMetricFamily(
            "aywa_engine_tick_lateness_seconds",
            "How late the media engine's ticks of 1 ms began",
            buckets=buckets,
            sum_value=None,
        )


class _CallQuality:
    """How calls sounded, one observation a call and direction at its end."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def histogram(name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, meaning, ["direction"], buckets=buckets, registry=registry)

        self._mos = histogram("aywa_call_mos", "E-model MOS of ended calls", _MOS_BUCKETS)
        self._loss = histogram("aywa_call_loss_ratio", "Packets lost of ended calls", _LOSS_BUCKETS)
        self._jitter = histogram("aywa_call_jitter_seconds", "Jitter of ended calls", _JITTER_BUCKETS_S)
        self._round_trip = Histogram(
            "aywa_call_round_trip_seconds",
            "Mean round trip of ended calls",
            buckets=_ROUND_TRIP_BUCKETS_S,
            registry=registry,
        )

    def observe(self, quality: object) -> None:
        """Count a call by the `quality` of its media.stats; what is unknown is passed over."""
        if not isinstance(quality, Mapping):
            return
        trip = quality.get("round_trip_ms")
        if isinstance(trip, int | float):
            self._round_trip.observe(trip / 1000)
        for direction in ("received", "sent"):
            figures = quality.get(direction)
            if isinstance(figures, Mapping):
                self._mos.labels(direction).observe(float(figures["mos"]))
                self._loss.labels(direction).observe(float(figures["loss_percent"]) / 100)
                self._jitter.labels(direction).observe(float(figures["jitter_ms"]) / 1000)


class _Registered:
    """Registrations by trunk, as they are when they are asked for."""

    def __init__(self, read: Callable[[], Mapping[str, bool]]) -> None:
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge, labelled by registration."""
        family = GaugeMetricFamily(
            "aywa_sip_registered", "Whether the registrar holds our contact", labels=["registration"]
        )
        for name, registered in self._read().items():
            family.add_metric([name], float(registered))
        yield family


class _Counts:
    """Counters by a label that others keep: name, meaning, label and how to read; read at every scrape."""

    def __init__(self, *counts: tuple[str, str, str, Callable[[], Mapping[str, float]]]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Each with its label."""
        for name, meaning, label, read in self._counts:
            family = CounterMetricFamily(name, meaning, labels=[label])
            for value, count in read().items():
                family.add_metric([value], count)
            yield family


class Metrics:
    """Counts timeline entries as they happen; reads loads when it is scraped."""

    def __init__(
        self,
        gauges: Callable[[], Mapping[str, float]] | None = None,
        now: Callable[[], float] = monotonic_now,
    ) -> None:
        self.slo = SloWindow(now)
        self._registry = CollectorRegistry()
        self._read_gauges = gauges
        self._trunks = Trunks()
        self._gauges: dict[str, Gauge] = {}
        self._ended = Counter(
            "aywa_calls_ended", "Calls ended, by reason", ["reason"], registry=self._registry
        )
        self._started = Counter("aywa_calls_started", "Calls taken or placed", registry=self._registry)
        self._turns = TurnMetrics(self._registry)
        self._routes = RouteMetrics(self._registry)
        self._transfers = Counter(
            "aywa_transfers", "Transfers that are over", ["mode", "outcome"], registry=self._registry
        )
        self._dialled = Counter(
            "aywa_dial_attempts",
            "INVITEs sent, by trunk and outcome",
            ["trunk", "outcome"],
            registry=self._registry,
        )
        self._calls = _CallQuality(self._registry)
        self._recording_lost = Counter(
            "aywa_recording_lost_seconds",
            "Of recordings, what is silence because a leg's ring was not emptied in time",
            registry=self._registry,
        )
        self._recordings_failed = Counter(
            "aywa_recordings_failed", "Recordings that a disk ended or never began", registry=self._registry
        )
        self._http = Histogram(
            "aywa_http_request_seconds",
            "API requests",
            ["method", "route", "status"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
            registry=self._registry,
        )

    def use_gauges(self, gauges: Callable[[], Mapping[str, float]]) -> None:
        """Where loads are read from at every scrape: names without the `aywa_` prefix to values."""
        self._read_gauges = gauges

    def use_tick_lateness(self, read: Callable[[], Sequence[tuple[float, int]]]) -> None:
        """The engine's ticks: (upper limit in seconds, count), the last limit infinite."""
        self._registry.register(_TickLateness(read))

    def use_registrations(self, read: Callable[[], Mapping[str, bool]]) -> None:
        """By trunk: whether its registration stands; read at every scrape."""
        self._registry.register(_Registered(read))

    def use_sip(
        self,
        refusals: Callable[[], Mapping[str, float]],
        authentication: Callable[[], Mapping[str, float]],
        drops: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """Since the start: requests turned away, what was left unanswered, callers asked for credentials."""
        self._registry.register(
            _Counts(
                ("aywa_sip_refused", "SIP requests turned away", "reason", refusals),
                ("aywa_sip_dropped", "SIP messages and connections left unanswered", "reason", drops),
                ("aywa_sip_authentication", "New calls asked for credentials", "outcome", authentication),
            )
        )

    def use_dialling(self, refusals: Callable[[], Mapping[str, float]]) -> None:
        """Calls out that were refused so far, by reason."""
        meaning = "Calls out refused before any INVITE left"
        self._registry.register(_Counts(("aywa_dial_refused", meaning, "reason", refusals)))

    def use_streams(self, connections: Callable[[], Mapping[str, float]]) -> None:
        """Connections of AudioSocket and websockets, by outcome, since the start."""
        meaning = "Connections of AudioSocket and websockets"
        self._registry.register(_Counts(("aywa_stream_connections", meaning, "outcome", connections)))

    def use_outbox(self, figures: WorkerFigures) -> None:
        """Attempts to send webhooks, since the start."""
        self._registry.register(OutboxMetrics(figures))
        figures.counted = self.slo.observe_webhook

    def observe(self, entry: TimelineEntry) -> None:
        """Count what one timeline entry says; never raises for an entry it does not know."""
        self._turns.observe(entry)
        self._routes.observe(entry)
        self.slo.observe(entry)
        match entry.kind:
            case "call.created":
                self._started.inc()
            case "call.ended":
                self._ended.labels(reason=one_of(REASONS, entry.data.get("code"))).inc()
            case "media.stats":
                self._calls.observe(entry.data.get("quality"))
                lost_ms = entry.data.get("recording_lost_ms")
                if isinstance(lost_ms, int | float):
                    self._recording_lost.inc(lost_ms / 1000)
            case "media.record_failed":
                self._recordings_failed.inc()
            case "transfer.ended":
                mode = one_of(TRANSFER_MODES, entry.data.get("mode"))
                outcome = one_of(TRANSFER_OUTCOMES, entry.data.get("outcome"))
                self._transfers.labels(mode, outcome).inc()
            case "dial.answered":
                self._dialled.labels(self._trunks.label(entry.data.get("trunk")), "answered").inc()
            case "dial.failed":
                trunk = self._trunks.label(entry.data.get("trunk"))
                self._dialled.labels(trunk, one_of(DIAL_OUTCOMES, entry.data.get("outcome"))).inc()

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an API request; `route` is the rule, not the path, so that ids do not become label values."""
        self._http.labels(method=one_of(METHODS, method), route=route, status=status_of(status)).observe(
            seconds
        )
        self.slo.observe_request(seconds)

    def counters(self, at: datetime) -> dict[str, object]:
        """Every figure as JSON, for dashboards: a number, or one for each set of labels."""
        self._refresh()
        return {"at": iso_ms(at), "metrics": metrics_json(self._registry)}

    def render(self) -> bytes:
        """The text exposition format."""
        self._refresh()
        return generate_latest(self._registry)

    def _refresh(self) -> None:
        for name, value in (self._read_gauges() if self._read_gauges else {}).items():
            gauge = self._gauges.get(name)
            if gauge is None:
                gauge = self._gauges[name] = Gauge(
                    f"aywa_{name}", name.replace("_", " "), registry=self._registry
                )
            gauge.set(value)
