"""A call's `turn.summary` as the API shows it."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean
from typing import Any

from aywa.model.call import PerformanceMetrics, TurnLatency
from aywa.ports.store import TimelineEntry


def performance(entry: TimelineEntry | None) -> PerformanceMetrics | None:
    """The metrics of a call with this entry; None when nothing was answered in it."""
    summary: Any = None if entry is None else entry.data
    if not summary or not summary["latencies_ms"]:
        return None
    parts: list[dict[str, int]] = summary["latencies_ms"]
    turns = [
        TurnLatency(
            model_latency=part["llm"] + part["phrase"],
            voice_latency=part["tts"],
            transcriber_latency=part["stt"],
            endpointing_latency=part["vad"] + part["endpointing"],
            turn_latency=part["total"],
        )
        for part in parts
    ]
    return PerformanceMetrics(
        turn_latencies=turns,
        model_latency_average=_mean(turn.model_latency for turn in turns),
        voice_latency_average=_mean(turn.voice_latency for turn in turns),
        transcriber_latency_average=_mean(turn.transcriber_latency for turn in turns),
        endpointing_latency_average=_mean(turn.endpointing_latency for turn in turns),
        turn_latency_average=_mean(turn.turn_latency for turn in turns),
        to_transport_latency_average=_mean(part["playout"] for part in parts),
        percentiles=summary["percentiles_ms"],
        num_user_interrupted=summary["caller_interrupted"],
        num_assistant_interrupted=summary["assistant_interrupted"],
    )


def _mean(values: Iterable[float]) -> float:
    return round(fmean(values), 1)
