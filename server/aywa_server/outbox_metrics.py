"""Attempts to send webhooks, as a worker has counted them."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

from aywa.outbox.figures import WorkerFigures


class OutboxMetrics:
    """A collector: read at every scrape."""

    def __init__(self, figures: WorkerFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[CounterMetricFamily | HistogramMetricFamily]:
        """By what became of the message, and by how long they took."""
        family = CounterMetricFamily(
            "aywa_webhook_attempts", "Attempts to send a webhook, by what became of it", labels=["state"]
        )
        for state, count in sorted(self._figures.attempts.items()):
            family.add_metric([state], count)
        yield family
        total, buckets = 0, []
        for limit_s, count in self._figures.histogram:
            total += count
            buckets.append(("+Inf" if limit_s == inf else repr(limit_s), float(total)))
        yield HistogramMetricFamily(
            "aywa_webhook_attempt_seconds",
            "How long attempts to send a webhook took",
            buckets=buckets,
            sum_value=self._figures.seconds,
        )
