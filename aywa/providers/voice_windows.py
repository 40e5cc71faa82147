"""What a caller says, cut into the windows a voice model judges."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aywa._native.resample import Downsampler

RATE_HZ = 8000
WINDOW = 256  # samples: 32 ms, what the model was trained on at 8 kHz
CONTEXT = 32  # samples of the window before, which the model wants in front of each
PREROLL = 2048  # samples kept while nobody speaks: an onset is known 60 ms late and read up to 100 ms late
MAX_WAITING = 62  # windows: 2 s; a judgement that late decides nothing any more
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class Window:
    """`samples`: CONTEXT + WINDOW of float32 in -1..1. `fresh`: it does not follow the one before."""

    samples: NDArray[np.float32]
    end_sample: int
    fresh: bool


class VoiceWindows:
    """One caller's audio, windows out of it only while the engine hears speech."""

    def __init__(self) -> None:
        self.dropped = 0
        self._down = Downsampler()
        self._pcm = b""  # S16LE at 8 kHz: context, then what is not cut yet
        self._end = 0
        self._cut: int | None = None  # position up to which windows were cut; None: nobody speaks
        self._fresh = True
        self._waiting: deque[Window] = deque()

    def __len__(self) -> int:
        """Windows that wait."""
        return len(self._waiting)

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """S16LE mono at 16 kHz, an even number of samples, ending at `end_sample`."""
        start = end_sample - len(pcm) // 4
        if abs(start - self._end) > WINDOW // 4:  # time is missing: what was said before is another matter
            self._pcm, self._fresh = b"", True
            if self._cut is not None:
                self._cut = start
        self._pcm += self._down.process(pcm)
        self._end = end_sample
        if self._cut is None:
            self._pcm = self._pcm[-2 * PREROLL :]
        else:
            self._slice()

    def speech_started(self, at_sample: int) -> None:
        """Judge from here on."""
        if self._cut is None:
            oldest = self._end - len(self._pcm) // 2
            self._cut = max(oldest, at_sample - WINDOW)
            self._fresh = True
        self._slice()

    def speech_stopped(self) -> None:
        """Judge no more; what waits is still judged."""
        self._cut = None
        self._pcm = self._pcm[-2 * PREROLL :]

    def take(self) -> Window | None:
        """The oldest window."""
        return self._waiting.popleft() if self._waiting else None

    def _slice(self) -> None:
        assert self._cut is not None
        while self._cut + WINDOW <= self._end:
            self._cut += WINDOW
            behind = self._end - self._cut
            stop = len(self._pcm) - 2 * behind
            start = max(0, stop - 2 * (WINDOW + CONTEXT))
            samples = np.zeros(CONTEXT + WINDOW, np.float32)
            piece = np.frombuffer(self._pcm[start:stop], np.int16)
            samples[len(samples) - len(piece) :] = piece / _FULL_SCALE
            if self._fresh:
                samples[:CONTEXT] = 0
            if len(self._waiting) == MAX_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(Window(samples, self._cut, self._fresh))
            self._fresh = False
        self._pcm = self._pcm[-2 * (self._end - self._cut + CONTEXT) :]
