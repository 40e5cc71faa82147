"""Measures a call on its own waveform: what was sent and what came back, on one sample clock.

All positions are samples of 8 kHz since the recording began. A sample counts as audible by the level of the
2 ms window it lies in, so a figure is exact to 2 ms.

```
sent      ────▁▃▅▇▅▃▁──────────────────────
                    |<--- latency --->|
received  ────────────────────────────▂▆█▆▂
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
_WINDOW = 16  # 2 ms
_AUDIBLE_PEAK = 150  # about -47 dBFS: the onset of a voiced sound, above mu-law's idle steps
_BRIDGE_MS = 300  # a pause inside speech; longer ends an utterance
_OVERLAP_MS = 40  # two packets: who was audible within them is speaking
_REACTION_MS = 1500  # speech that stops later than this after the caller spoke did not stop because of it

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class PlayedClip:
    """A clip and where it lies on the sent track."""

    name: str
    start: int
    stop: int
    interrupts: bool = False  # it was meant to be spoken over the other side


@dataclass(frozen=True, slots=True)
class Turn:
    """What one clip caused. Milliseconds; None where it did not happen.

    `talked_over`: the other side was audible when the clip's speech began, so it had something to yield.
    """

    clip: str
    speech_start_ms: float
    speech_stop_ms: float
    latency_ms: float | None
    barge_in_ms: float | None
    talked_over: bool = False


def at_phone_rate(track: Samples, rate_hz: int) -> Samples:
    """A track of 8 or 16 kHz with the levels it has, on the sample clock of the figures: of two samples of
    16 kHz the larger one.
    """
    if rate_hz == RATE_HZ:
        return np.ascontiguousarray(track)
    pairs = track[: len(track) // 2 * 2].reshape(-1, 2)
    larger = np.abs(pairs.astype(np.int32)).argmax(axis=1)
    return np.ascontiguousarray(pairs[np.arange(len(pairs)), larger])


def _audible(track: Samples) -> npt.NDArray[np.bool_]:
    whole = len(track) // _WINDOW * _WINDOW
    windows = np.abs(track[:whole].astype(np.int32)).reshape(-1, _WINDOW)
    return np.asarray(windows.max(axis=1) >= _AUDIBLE_PEAK)


def first_audible(track: Samples, start: int = 0) -> int | None:
    """The first audible window at or after `start`, in samples."""
    hits = np.flatnonzero(_audible(track[start:]))
    return start + int(hits[0]) * _WINDOW if hits.size else None


def last_audible(track: Samples, start: int, stop: int) -> int | None:
    """The end of the last audible window between `start` and `stop`, in samples."""
    hits = np.flatnonzero(_audible(track[start:stop]))
    return start + (int(hits[-1]) + 1) * _WINDOW if hits.size else None


def _silence_after(track: Samples, start: int) -> int | None:
    """The end of the utterance that is audible at `start`; None when nothing is audible around it."""
    bridge = _BRIDGE_MS * RATE_HZ // 1000
    position = start
    end = last_audible(track, max(0, start - bridge), start)
    while True:
        following = first_audible(track[: position + bridge], position)
        if following is None:
            return end
        position = following + _WINDOW
        end = position


def measure_turns(received: Samples, sent: Samples, clips: Sequence[PlayedClip]) -> list[Turn]:
    """What followed each clip, in order; a clip that holds nothing audible is left out.

    An answer counts for a clip only when it comes before the next clip is played.
    """
    turns = []
    for index, clip in enumerate(clips):
        until = clips[index + 1].start if index + 1 < len(clips) else len(received)
        start = first_audible(sent[: clip.stop], clip.start)
        stop = last_audible(sent, clip.start, clip.stop)
        if start is None or stop is None:
            continue
        barge_in, listen_from = None, stop
        talked_over = last_audible(received, max(0, start - _OVERLAP_MS * RATE_HZ // 1000), start) is not None
        if clip.interrupts:
            ended = _silence_after(received, start)
            if ended is not None and start < ended <= start + _REACTION_MS * RATE_HZ // 1000:
                barge_in = _to_ms(ended - start)
                listen_from = max(stop, ended)
        answer = first_audible(received[:until], listen_from)
        latency = None if answer is None else _to_ms(answer - stop)
        turns.append(Turn(clip.name, _to_ms(start), _to_ms(stop), latency, barge_in, talked_over))
    return turns


def _to_ms(samples: int) -> float:
    return samples * 1000 / RATE_HZ


def percentile(values: list[float], fraction: float) -> float | None:
    """The smallest value that `fraction` (0..1) of the values do not exceed; None for no values."""
    if not values:
        return None
    ordered = sorted(values)
    index = max(0, -(-len(ordered) * fraction // 1) - 1)
    return ordered[min(len(ordered) - 1, int(index))]
