"""The latencies of a whole call."""

from __future__ import annotations

import pytest

from aywa.turn.events import Cause, EndTurn, Trigger
from aywa.turn.latency import LatencySplit
from aywa.turn.latency_report import KEPT, LatencyReport


def split(turn: int, total_ms: int) -> LatencySplit:
    return LatencySplit(
        turn=turn,
        total_ms=total_ms,
        vad_ms=200,
        stt_ms=0,
        endpointing_ms=100,
        llm_ms=total_ms - 400,
        phrase_ms=0,
        tts_ms=100,
        playout_ms=0,
        speech_end_sample=0,
        first_audible_sample=8 * total_ms,
    )


def test_percentiles_are_those_of_nearest_rank() -> None:
    report = LatencyReport()
    for turn in range(1, 41):
        report.add(split(turn, 500 + turn))
    summary = report.summary()
    assert summary["turns"] == 40
    percentiles = summary["percentiles_ms"]
    assert isinstance(percentiles, dict)
    assert percentiles["total"] == {"p50": 520, "p95": 538, "p99": 540}
    assert percentiles["llm"] == {"p50": 120, "p95": 138, "p99": 140}


def test_a_call_without_an_answer_has_no_percentiles() -> None:
    summary = LatencyReport().summary()
    assert (summary["turns"], summary["percentiles_ms"], summary["latencies_ms"]) == (0, {}, [])


def test_the_longest_call_keeps_a_bounded_list() -> None:
    report = LatencyReport()
    for turn in range(1, 3 * KEPT):
        report.add(split(turn, 500 + turn))
    summary = report.summary()
    assert summary["turns"] == 3 * KEPT - 1
    latencies = summary["latencies_ms"]
    assert isinstance(latencies, list)
    assert [entry["turn"] for entry in latencies] == list(range(2 * KEPT, 3 * KEPT))


@pytest.mark.parametrize(
    ("interrupted", "why", "heard_s", "counts"),
    [
        (True, Cause.TRANSCRIPT, 3.0, (1, 0)),
        (True, Cause.LATE_TRANSCRIPT, 1.0, (1, 0)),
        (True, Cause.TRANSCRIPT, 0.4, (0, 1)),
        (True, Cause.DIGIT, 3.0, (0, 0)),
        (True, Cause.CALL_ENDED, 3.0, (0, 0)),
        (False, None, 3.0, (0, 0)),
    ],
)
def test_who_interrupted_whom(
    interrupted: bool, why: Cause | None, heard_s: float, counts: tuple[int, int]
) -> None:
    """An answer that is cut at its very beginning was begun too early."""
    report = LatencyReport()
    report.ended(EndTurn(1, Trigger.USER, "Well", interrupted, 8000, 8000 + int(8000 * heard_s)), why)
    summary = report.summary()
    assert (summary["assistant_interrupted"], summary["caller_interrupted"]) == counts
