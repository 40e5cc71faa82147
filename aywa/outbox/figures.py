"""What a worker has done and what waits, for whoever scrapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import inf

from aywa.outbox.delivery import Delivered
from aywa.ports.outbox import JobState, OutboxFigures

LIMITS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, inf)


class WorkerFigures:
    """Of one worker; what waits is that of all."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()  # by what they came to
        self.waiting = OutboxFigures({}, 0.0)
        self.seconds = 0.0  # of all attempts
        self.slots_in_use = 0
        self.counted: Callable[[bool], None] = lambda _delivered: None  # told of each attempt
        self._buckets = [0] * len(LIMITS_S)

    def count(self, delivered: Delivered) -> None:
        """One attempt."""
        self.attempts[delivered.attempt.state.value] += 1
        self.seconds += delivered.seconds
        self.counted(delivered.attempt.state is JobState.DELIVERED)
        self._buckets[next(place for place, limit in enumerate(LIMITS_S) if delivered.seconds <= limit)] += 1

    @property
    def histogram(self) -> tuple[tuple[float, int], ...]:
        """Attempts by how long they took: upper limit in seconds, and how many above the limit before."""
        return tuple(zip(LIMITS_S, self._buckets, strict=True))

    def gauges(self) -> dict[str, float]:
        """By metric name, without the prefix."""
        found = {f"webhooks_{state}": float(jobs) for state, jobs in self.waiting.jobs.items()}
        return {
            **found,
            "webhooks_oldest_waiting_seconds": self.waiting.oldest_waiting_s,
            "webhooks_sending": float(self.slots_in_use),
        }
