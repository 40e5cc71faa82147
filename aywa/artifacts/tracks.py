"""Each party of a call on a track of its own: one WAV of many channels, made of the recordings of its legs.

Every leg's recording counts the same engine's clock without holes, and they differ by when they began. So a
frame here is a moment of the call, one number a file says where that moment is in it, and no track drifts
against another. Nothing is kept: frames are read from the legs' files when they are asked for, any of them
first, and what removes those files has removed this recording.
"""

from __future__ import annotations

import errno
import os
import wave
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from aywa._native.resample import Upsampler
from aywa.artifacts.wav import HEADER_BYTES, MAX_DATA_BYTES, RecordingError, wav_header

RATES_HZ = (8000, 16000)
_CONTEXT = 24  # samples at 8 kHz on either side, beyond which the half-band filter does not look
_DELAY = 24  # samples at 16 kHz: the filter's
_Samples = NDArray[np.int16]


class Side(IntEnum):
    """The channels of a leg's recording."""

    HEARD = 0  # what came from the party
    SENT = 1  # what was sent to it


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a leg as part of a track. Milliseconds of the call, 0 where its own recording begins.

    `without`: spans that are not taken, up to but not including their end; None: to the end.
    """

    path: Path
    side: Side
    offset_ms: int = 0  # where the leg's recording begins
    without: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """A channel: its parts are added up."""

    name: str
    parts: tuple[Part, ...]


class TracksFile:
    """The bytes of a WAV file that is on no disk, as long as the legs' files are when it is made.

    Made, it holds nothing open: `read` and `read_frames` belong into its `with` block. All of it reads the
    disk: for worker threads, one at a time.
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        """Raises RecordingError for a file that is missing or no recording, and for more than a WAV file can
        hold; ValueError without a track.
        """
        if not tracks:
            raise ValueError("a recording has at least one track")
        self._tracks = tuple(tracks)
        parts = [part for track in tracks for part in track.parts]
        self._legs = {path: _LegFile(path) for path in {part.path: None for part in parts}}
        self._open = ExitStack()
        self.rate_hz = max(leg.rate_hz for leg in self._legs.values())
        self.frame_bytes = 2 * len(self._tracks)
        self.frames = max(0, *(self._end(part) for part in parts))
        self.size = HEADER_BYTES + self.frames * self.frame_bytes
        if self.size > MAX_DATA_BYTES:
            raise RecordingError(errno.EFBIG, "together they are longer than a WAV file can be")

    def __enter__(self) -> TracksFile:
        with ExitStack() as stack:
            for leg in self._legs.values():
                stack.enter_context(leg)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def read(self, begin: int, end: int) -> bytes:
        """The bytes from `begin` up to `end`, or to the end of the file. Raises RecordingError."""
        end = min(end, self.size)
        if begin >= end:
            return b""
        header = wav_header(self.frames * self.frame_bytes, self.rate_hz, len(self._tracks))
        found = header[begin:end]
        begin, end = max(begin - HEADER_BYTES, 0), max(end - HEADER_BYTES, 0)
        first, last = begin // self.frame_bytes, -(-end // self.frame_bytes)
        if last > first:
            data = self.read_frames(first, last - first).tobytes()
            found += data[begin - first * self.frame_bytes : end - first * self.frame_bytes]
        return found

    def read_frames(self, first: int, count: int) -> _Samples:
        """Frames of one sample a track; silence outside of what was recorded. Raises RecordingError."""
        out = np.zeros((count, len(self._tracks)), "<i2")
        for channel, track in enumerate(self._tracks):
            total = np.zeros(count, np.int32)
            for part in track.parts:
                total += self._piece(part, first, count)
            out[:, channel] = np.clip(total, -32768, 32767)
        return out

    def _end(self, part: Part) -> int:
        """The frame after the part's last one."""
        leg = self._legs[part.path]
        return self._frame(part.offset_ms) + leg.frames * (self.rate_hz // leg.rate_hz)

    def _frame(self, at_ms: int) -> int:
        return at_ms * self.rate_hz // 1000

    def _piece(self, part: Part, first: int, count: int) -> _Samples:
        leg = self._legs[part.path]
        start = first - self._frame(part.offset_ms)
        piece = leg.read(part.side, start, count, self.rate_hz)
        for since_ms, until_ms in part.without:
            low = max(0, self._frame(since_ms) - first)
            high = count if until_ms is None else max(0, self._frame(until_ms) - first)
            piece[low:high] = 0
        return piece


class _LegFile:
    """A leg's stereo recording, read at any place. What its header claims counts: as after a kill."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        try:
            with wave.open(str(path), "rb") as file:
                self.rate_hz, self.frames = file.getframerate(), file.getnframes()
                shape = (file.getnchannels(), file.getsampwidth())
        except OSError as error:
            raise self._unreadable(error) from error
        except (wave.Error, EOFError) as error:
            raise RecordingError(errno.EINVAL, f"{path.name} is no recording") from error
        if shape != (2, 2) or self.rate_hz not in RATES_HZ:
            raise RecordingError(errno.EINVAL, f"{path.name} is no recording of a leg")

    def __enter__(self) -> _LegFile:
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unreadable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def read(self, side: Side, start: int, count: int, rate_hz: int) -> _Samples:
        """One channel at the rate of the file or twice that, from `start` on, which may be negative."""
        if rate_hz == self.rate_hz:
            return self._read(side, start, count)
        # From scratch each time, with as much before as the filter remembers: any place gives what all would.
        low, high = start // 2 - _CONTEXT, -(-(start + count) // 2) + _CONTEXT
        doubled = np.frombuffer(Upsampler().process(self._read(side, low, high - low).tobytes()), np.int16)
        begin = start - 2 * low + _DELAY
        return doubled[begin : begin + count].copy()

    def _read(self, side: Side, start: int, count: int) -> _Samples:
        out = np.zeros(count, np.int16)
        low, high = max(start, 0), min(start + count, self.frames)
        if low < high:
            try:
                data = os.pread(self._file, 4 * (high - low), HEADER_BYTES + 4 * low)
            except OSError as error:
                raise self._unreadable(error) from error
            pairs = np.frombuffer(data[: len(data) // 4 * 4], "<i2").reshape(-1, 2)
            out[low - start : low - start + len(pairs)] = pairs[:, side]
        return out

    def _unreadable(self, error: OSError) -> RecordingError:
        return RecordingError(
            error.errno or errno.EIO, f"{self._path.name} cannot be read ({error.strerror})"
        )
