"""Recordings as WAV files that are valid at any moment, also after SIGKILL.

Frames are written straight to the file, and `sync` lets the header follow, which then claims exactly them.
What was written outlives the process: who opens the file after it was killed finds all but what came after
the last `sync`, and `repair` adds that. A power failure is another matter: every ten seconds of audio the
disk is made to take the data before the header is written; what came later may be lost then, and the header
may claim it. A file that is being written is locked (`flock`), so that nobody else mends, moves or deletes
it; the lock ends with the process, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import NoReturn

from aywa.clock import wall_now
from aywa.ports.artifacts import ArtifactFormat
from aywa.ports.recording import RecordingRefusedError

SAMPLE_RATE_HZ = 8000
CHANNELS = 2  # caller left, assistant right
HEADER_BYTES = 44
_BYTES_PER_SAMPLE = 2
MAX_DATA_BYTES = 2**32 - 1 - HEADER_BYTES  # RIFF sizes are 32 bits: 37 h of stereo at 8 kHz
_FLUSH_EVERY_S = 10  # of audio: a flush costs the disk more than everything else here
NEW_SUFFIX = ".new"  # of files that are not recordings yet
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class RecordingError(OSError):
    """A recording cannot be made or continued; `strerror` is a sentence."""


def wav_header(data_bytes: int, rate_hz: int = SAMPLE_RATE_HZ, channels: int = CHANNELS) -> bytes:
    """The 44 bytes before `data_bytes` of 16-bit PCM, stereo by default."""
    frame_bytes = channels * _BYTES_PER_SAMPLE
    byte_rate = rate_hz * frame_bytes
    return (
        struct.pack("<4sI4s", b"RIFF", data_bytes + HEADER_BYTES - 8, b"WAVE")
        + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, byte_rate, frame_bytes, 16)
        + struct.pack("<4sI", b"data", data_bytes)
    )


def write_stereo(path: Path, frames: bytes, rate_hz: int = SAMPLE_RATE_HZ) -> None:
    """Write a finished recording of interleaved stereo frames. Raises OSError."""
    path.write_bytes(wav_header(len(frames), rate_hz) + frames)


def lock(file: int) -> bool:
    """Have the file to ourselves until it is closed; False while somebody else has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):  # a file system without locks
            raise
    return True


class WavSink:
    """One recording being written; implements `ports.recording.RecordingSink`.

    Methods touch the disk: call them from a worker thread, one at a time. The first failure raises
    `RecordingError` and ends the recording: what was written before is kept, and later calls do nothing.
    """

    def __init__(self, path: Path, rate_hz: int = SAMPLE_RATE_HZ) -> None:
        self.path = str(path)
        self._rate_hz = rate_hz
        self._frame_bytes = CHANNELS * _BYTES_PER_SAMPLE
        # Under another name until it is locked and has a header: under its own it is always a recording.
        part = path.with_name(f".{path.name}.{token_hex(4)}{NEW_SUFFIX}")
        self._file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        self._end = 0  # data bytes in the file, whole frames or not
        self._flushed = 0  # data bytes that outlive a power failure
        self._claimed = -1  # what the header says
        self._failed = False
        try:
            lock(self._file)
            self._claim()
            os.link(part, path)
        except BaseException:
            os.close(self._file)
            raise
        finally:
            os.unlink(part)

    def append(self, frames: bytes) -> None:
        """Append interleaved 16-bit frames. Raises `RecordingError`."""
        if self._failed:
            return
        if self._end + len(frames) > MAX_DATA_BYTES:
            self._fail(errno.EFBIG, "the recording reached the largest size a WAV file can have")
        try:
            view = memoryview(frames)
            while view:
                written = os.pwrite(self._file, view, HEADER_BYTES + self._end)
                self._end += written
                view = view[written:]
        except OSError as error:
            self._fail(error.errno, f"the recording cannot be written ({error.strerror})")

    def sync(self) -> None:
        """Make what was appended so far a valid file. Raises `RecordingError`."""
        if self._failed:
            return
        try:
            self._claim()
        except OSError as error:
            self._fail(error.errno, f"the recording cannot be written ({error.strerror})")

    def close(self) -> None:
        """Complete the file with what could be written; safe to call after a failure."""
        if self._file < 0:
            return
        try:
            with suppress(OSError):
                os.ftruncate(self._file, HEADER_BYTES + self._end // self._frame_bytes * self._frame_bytes)
                self._claim()
                os.fdatasync(self._file)
        finally:
            os.close(self._file)
            self._file = -1

    def _claim(self) -> None:
        whole = self._end // self._frame_bytes * self._frame_bytes
        if whole == self._claimed:
            return
        if whole - self._flushed >= _FLUSH_EVERY_S * self._rate_hz * self._frame_bytes:
            os.fdatasync(self._file)  # the frames first
            self._flushed = whole
        os.pwrite(self._file, wav_header(whole, self._rate_hz), 0)
        self._claimed = whole

    def _fail(self, number: int | None, sentence: str) -> NoReturn:
        self._failed = True
        raise RecordingError(number or errno.EIO, sentence)


class WavRecordings:
    """Implements `ports.recording.RecordingStore`: `directory/YYYY/MM/DD/<call id>.wav`, days in UTC."""

    def __init__(
        self,
        directory: str,
        *,
        wall: Callable[[], datetime] = wall_now,
        refusal: Callable[[], str] = lambda: "",
        format: ArtifactFormat = ArtifactFormat.WAV,
    ) -> None:
        """`refusal`: why no recording is begun now, or "". `format`: what becomes of recordings later; their
        names say so, for whoever finds the files.
        """
        self._directory = Path(directory).absolute()
        self._wall = wall
        self._refusal = refusal
        self._becomes = "" if format is ArtifactFormat.WAV else f".{format.value}"

    def becoming(self, format: ArtifactFormat) -> WavRecordings:
        """The same for recordings that are to become this once their call is over."""
        return WavRecordings(str(self._directory), wall=self._wall, refusal=self._refusal, format=format)

    @contextmanager
    def open(self, call_id: str, rate_hz: int = SAMPLE_RATE_HZ) -> Iterator[WavSink]:
        """A new recording for this call; leaving the block completes the file.

        Raises `RecordingError`, and `RecordingRefusedError` while there is no room.
        """
        if reason := self._refusal():
            raise RecordingRefusedError(errno.EDQUOT, reason)
        sink = self._create(call_id, rate_hz)
        try:
            yield sink
        finally:
            sink.close()

    def check_writable(self) -> None:
        """Raises `RecordingError` with what is wrong when no recording could be made."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            probe = self._directory / f".probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise RecordingError(
                error.errno, f"{self._directory} cannot be written ({error.strerror})"
            ) from error

    def _create(self, call_id: str, rate_hz: int) -> WavSink:
        folder = self._directory / self._wall().strftime("%Y/%m/%d")
        name = file_name(call_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, 100):  # an id that comes twice keeps both recordings
                with suppress(FileExistsError):
                    file = name if number == 1 else f"{name}-{number}"
                    return WavSink(folder / f"{file}{self._becomes}.wav", rate_hz)
        except OSError as error:
            raise RecordingError(
                error.errno, f"the recording cannot be created ({error.strerror})"
            ) from error
        raise RecordingError(errno.EEXIST, "the recording cannot be created (its name is taken)")


def file_name(call_id: str) -> str:
    """The id itself when it is a plain word, else a digest: an id never chooses the directory."""
    if _SAFE_NAME.fullmatch(call_id):
        return call_id
    return "call-" + hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
