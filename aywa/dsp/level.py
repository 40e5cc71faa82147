"""Levels of S16LE mono PCM, and where in it something can be heard."""

from __future__ import annotations

import math

from aywa._native.pcm import energy_of

FULL_SCALE = 32768
SILENCE_DBFS = -math.inf

_WINDOW_MS = 5  # short against a 20 ms packet, long against one period of a 200 Hz voice


def level_dbfs(pcm: bytes) -> float:
    """RMS level in dBFS (0: a full-scale square wave); minus infinity for digital silence or nothing."""
    energy = energy_of(pcm)
    if energy == 0:
        return SILENCE_DBFS
    return 10.0 * math.log10(energy * 2 / len(pcm) / FULL_SCALE**2)


def audible_spans(
    pcm: bytes, rate: int, floor_dbfs: float, *, bridge_ms: int = 200, shortest_ms: int = 0
) -> list[tuple[int, int]]:
    """Where `pcm` (S16LE mono, `rate` Hz) can be heard: (start, end) in samples, `end` one past the last.

    A window of 5 ms is audible when its RMS is at least `floor_dbfs`; the edges are the first and last
    samples in it that reach the floor. Spans with a pause of at most `bridge_ms` between them are one;
    spans shorter than `shortest_ms` (clicks) are left out. Raises ValueError for an odd number of bytes.
    """
    if len(pcm) % 2:
        raise ValueError("S16LE PCM must have an even number of bytes")
    window = max(1, rate * _WINDOW_MS // 1000)
    floor = FULL_SCALE * 10.0 ** (floor_dbfs / 20.0)
    samples = memoryview(pcm).cast("h")
    spans: list[tuple[int, int]] = []
    for at in range(0, len(samples), window):
        frame = samples[at : at + window]
        if energy_of(frame.cast("B")) < floor * floor * len(frame):
            continue
        loud = [index for index, sample in enumerate(frame) if abs(sample) >= floor]
        if not loud:  # every sample a rounding error below the floor
            continue
        start, end = at + loud[0], at + loud[-1] + 1
        if spans and start - spans[-1][1] <= rate * bridge_ms // 1000:
            start = spans.pop()[0]
        spans.append((start, end))
    return [span for span in spans if span[1] - span[0] >= rate * shortest_ms // 1000]
