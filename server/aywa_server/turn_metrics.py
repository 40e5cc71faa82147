"""How turns went, in Prometheus' metrics."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from aywa.ports.store import TimelineEntry
from aywa.turn.latency_report import PARTS
from aywa_server.labels import DROPPED, one_of

# What a caller feels: below 0.5 s is a quick answer, above 2 s people say "hello?"
_PART_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 5.0)
_LATENCY_BUCKETS_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)


class TurnMetrics:
    """Latencies, interruptions and answers made ahead."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._latency = Histogram(
            "aywa_turn_latency_seconds",
            "The caller's last speech sample to the first audible sample of the answer",
            buckets=_LATENCY_BUCKETS_S,
            registry=registry,
        )
        self._latency_parts = Histogram(
            "aywa_turn_latency_part_seconds",
            "What that time was spent on",
            ["part"],
            buckets=_PART_BUCKETS_S,
            registry=registry,
        )
        self._barge_ins = Counter("aywa_barge_ins", "Assistant turns the caller cut short", registry=registry)
        self._ahead = Counter(
            "aywa_speculations",
            "Answers made ahead, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self._wasted = Counter(
            "aywa_speculation_dropped",
            "Tokens and characters of answers made ahead for nothing",
            ["unit"],
            registry=registry,
        )

    def observe(self, entry: TimelineEntry) -> None:
        """Count what one timeline entry says of a turn."""
        match entry.kind:
            case "turn.latency":
                total = entry.data.get("total_ms")
                if isinstance(total, int | float):
                    self._latency.observe(total / 1000)
                self._observe_parts(entry.data)
            case "speculation.adopted":
                self._ahead.labels("adopted").inc()
            case "speculation.refused":
                self._ahead.labels("refused").inc()
            case "speculation.dropped":
                self._ahead.labels(one_of(DROPPED, str(entry.data.get("why", "")).lower())).inc()
                for unit in ("prompt_tokens", "completion_tokens", "characters"):
                    count = entry.data.get(unit)
                    self._wasted.labels(unit).inc(count if isinstance(count, int) else 0)
            case "turn.truncated":
                self._barge_ins.inc()

    def _observe_parts(self, split: Mapping[str, object]) -> None:
        for part in PARTS[1:]:
            spent = split.get(f"{part}_ms")
            if isinstance(spent, int | float):
                self._latency_parts.labels(part).observe(spent / 1000)
