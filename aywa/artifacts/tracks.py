"""A recording with each party on a track of its own, put together from the recordings of its legs.

Every leg records on its own timeline; all timelines count the same engine's clock and differ by when they
began. So a place in the file is a moment of that clock, and no track drifts against another.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aywa._native.resample import Downsampler, Upsampler
from aywa.artifacts.wav import WavSink

RATES_HZ = (8000, 16000)
_NS = 1_000_000_000
_Samples = NDArray[np.int16]


class _Track:
    """One channel: samples that are not in the file yet, from frame `start` of the file on."""

    def __init__(self) -> None:
        self.start = 0
        self.parts: list[_Samples] = []
        self.end = 0  # frame after the newest
        self.begun = False
        self.over = True


class TrackMixer:
    """Lays tracks beside each other. Pure: frames in, frames out."""

    def __init__(self, tracks: Sequence[str], rate_hz: int, start_ns: int) -> None:
        """`tracks`: a name for each channel, in order; `rate_hz` of the file; `start_ns`: frame 0 on the
        engine's clock. Raises ValueError for another rate than 8000 or 16000, and for names that are not
        1 to 16 different ones.
        """
        if rate_hz not in RATES_HZ or not 1 <= len(tracks) <= 16 or len(set(tracks)) < len(tracks):
            raise ValueError("a recording has 1 to 16 tracks of different names at 8000 or 16000 Hz")
        self.rate_hz = rate_hz
        self.names = tuple(tracks)
        self.late_samples = 0  # whose place was taken when they came
        self._start_ns = start_ns
        self._tracks = {name: _Track() for name in tracks}
        self._converters: dict[str, Upsampler | Downsampler | None] = {}
        self._written = 0

    def begin(self, track: str, start_ns: int, rate_hz: int) -> None:
        """What is fed to this track from now on begins at `start_ns` (`Leg.start_ns`), at the leg's rate.

        A track may begin again after `end`: a party that comes back. Raises KeyError for an unknown track and
        ValueError for a rate or one that has begun.
        """
        found = self._tracks[track]
        if rate_hz not in RATES_HZ or not found.over:
            raise ValueError("the track has begun, or its rate is none of 8000 and 16000 Hz")
        found.over, found.begun = False, True
        found.end = round((start_ns - self._start_ns) * self.rate_hz / _NS)
        converter = None
        if rate_hz != self.rate_hz:
            converter = Upsampler() if rate_hz < self.rate_hz else Downsampler()
            # The filters' delay, in frames of the file: what comes out first stands before the leg began.
            found.end -= 24 if rate_hz < self.rate_hz else 11
        self._converters[track] = converter

    def feed(self, track: str, pcm: bytes) -> None:
        """The next S16LE mono samples of a track that has begun, at the rate it began with."""
        found, converter = self._tracks[track], self._converters[track]
        samples = np.frombuffer(pcm if converter is None else converter.process(pcm), np.int16)
        start, found.end = found.end, found.end + len(samples)
        taken = max(self._written, found.start + sum(map(len, found.parts)) if found.parts else 0)
        late = min(len(samples), max(0, taken - start))
        self.late_samples += late
        if late < len(samples):
            self._lay(found, start + late, samples[late:])

    def end(self, track: str) -> None:
        """Nothing more of it comes for now; the others need not wait for it."""
        self._tracks[track].over = True

    def take(self) -> bytes:
        """Interleaved frames of all that every track that has begun and not ended has reached."""
        open_ends = [track.end for track in self._tracks.values() if not track.over]
        ends = open_ends or [track.end for track in self._tracks.values()]
        upto = (min if open_ends else max)(ends)
        count = upto - self._written
        if count <= 0:
            return b""
        frames = np.zeros((count, len(self._tracks)), "<i2")
        for channel, track in enumerate(self._tracks.values()):
            self._draw(track, frames[:, channel])
        self._written = upto
        return frames.tobytes()

    def _lay(self, track: _Track, start: int, samples: _Samples) -> None:
        """Behind what waits, with silence in between."""
        waiting = track.start + sum(map(len, track.parts)) if track.parts else start
        if not track.parts:
            track.start = start
        elif start > waiting:
            track.parts.append(np.zeros(start - waiting, np.int16))
        track.parts.append(samples)

    def _draw(self, track: _Track, into: _Samples) -> None:
        if not track.parts:
            return
        line = np.concatenate(track.parts)
        before = max(0, track.start - self._written)
        count = max(0, min(len(into) - before, len(line)))
        into[before : before + count] = line[:count]
        track.start += count
        track.parts = [line[count:]] if count < len(line) else []


def open_tracks(path: Path, mixer: TrackMixer) -> WavSink:
    """The file for a mixer's frames, valid after every `sync`. Raises RecordingError or OSError."""
    return WavSink(path, mixer.rate_hz, channels=len(mixer.names))


def split_recording(frames: bytes) -> tuple[bytes, bytes]:
    """The two tracks of a leg's stereo recording: what came from it, what was sent to it."""
    pairs = np.frombuffer(frames, "<i2").reshape(-1, 2)
    return pairs[:, 0].tobytes(), pairs[:, 1].tobytes()
