"""How long a call's answers took: percentiles for each part of the way, and who interrupted whom."""

from __future__ import annotations

from aywa.turn.events import Cause, EndTurn
from aywa.turn.latency import LatencySplit

PARTS = ("total", "vad", "stt", "endpointing", "llm", "phrase", "tts", "playout")
_PERCENTILES = (50, 95, 99)
KEPT = 64  # the last turns, one by one; percentiles are of these as well. Few calls have more
# An answer that is cut so early was begun before the caller had finished.
_TOO_EARLY_SAMPLES = 8000


class LatencyReport:
    """Collects splits. Bounded: of a call with more turns the last `KEPT` count."""

    def __init__(self) -> None:
        self._splits: list[LatencySplit] = []
        self._turns = 0
        self._assistant_cut = 0
        self._caller_cut = 0

    def add(self, split: LatencySplit) -> None:
        """An answer's first sample was heard."""
        self._turns += 1
        self._splits.append(split)
        del self._splits[:-KEPT]

    def ended(self, turn: EndTurn, why: Cause | None) -> None:
        """An assistant turn is over; `why` it was cancelled, None: it was heard to its end."""
        if not turn.interrupted or why not in (Cause.TRANSCRIPT, Cause.LATE_TRANSCRIPT):
            return
        start, end = turn.start_sample, turn.end_sample
        if start is not None and end is not None and end - start < _TOO_EARLY_SAMPLES:
            self._caller_cut += 1
        else:
            self._assistant_cut += 1

    def summary(self) -> dict[str, object]:
        """Milliseconds by part and percentile, the splits themselves, and who interrupted whom how often.

        `caller_interrupted` counts answers begun before the caller had finished, as it turned out.
        """
        splits = self._splits
        return {
            "turns": self._turns,
            "percentiles_ms": {
                part: {f"p{rank}": _nearest(values, rank) for rank in _PERCENTILES}
                for part in PARTS
                if (values := sorted(getattr(split, f"{part}_ms") for split in splits))
            },
            "latencies_ms": [
                {"turn": split.turn} | {part: getattr(split, f"{part}_ms") for part in PARTS}
                for split in splits
            ],
            "assistant_interrupted": self._assistant_cut,
            "caller_interrupted": self._caller_cut,
        }


def _nearest(ascending: list[int], rank: int) -> int:
    """The nearest-rank percentile."""
    return ascending[max(0, -(-len(ascending) * rank // 100) - 1)]
