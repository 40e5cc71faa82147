"""The recording: from the leg's ring to the disk, in a worker thread.

```
  leg's ring ──► memory ──► disk        what is in memory leaves it only when the disk has it
```
A disk that does not answer holds nothing up: the call goes on, the ring is emptied into memory, and what the
disk does not take within its bound is given up with the recording.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from math import inf
from threading import Lock
from typing import TypeVar

import trio

from aywa.call.disk import Disk
from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.ports.recording import RecordingSink, RecordingStore

SYNC_EVERY_S = 0.5  # a killed process loses at most a second; half of it is left for the disk
STALL_BOUND_S = 30.0  # for the disk while the call goes on: a megabyte of memory a call
CLOSE_BOUND_S = 5.0  # for everything that is left to do once the call is over
T = TypeVar("T")


class Recorder:
    """Writes one call's recording. A disk that fails or hangs ends the recording, not the call."""

    def __init__(self, leg: LegPort, recordings: RecordingStore, timeline: Timeline, disk: Disk) -> None:
        self._leg = leg
        self._recordings = recordings
        self._timeline = timeline
        self._disk = disk
        self._frames = bytearray()  # read from the leg and not yet on the disk
        self._working = trio.CancelScope()
        self._over_by = inf
        self._hung = False

    async def serve(self, call_id: str, opened: Callable[[str], None]) -> None:
        """Record until cancelled, and then for at most `CLOSE_BOUND_S`; `opened` is told the path.

        Cancel it once the leg is closed: the engine keeps the last 100 ms until then.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._collect)
            try:
                await self._record(_File(self._recordings, call_id, self._leg.rate_hz), opened)
            except OSError as error:
                self._timeline.add("media.record_failed", error=error.strerror or type(error).__name__)
            nursery.cancel_scope.cancel()

    async def _record(self, file: _File, opened: Callable[[str], None]) -> None:
        try:
            opened(await self._work(file.open, file))
            while True:
                await trio.sleep(SYNC_EVERY_S)
                await self._write(file.append, file)
        finally:
            if not self._hung:
                await self._write(file.finish, file)

    async def _collect(self) -> None:
        """Empty the leg's ring, which holds four seconds, also while the disk is busy."""
        try:
            while True:
                await trio.sleep(SYNC_EVERY_S)
                self._take()
        finally:  # the call is over
            self._over_by = trio.current_time() + CLOSE_BOUND_S
            self._working.deadline = min(self._working.deadline, self._over_by)

    def _take(self) -> None:
        self._frames += b"".join(iter(self._leg.read_recording, b""))

    async def _write(self, step: Callable[[bytes], None], file: _File) -> None:
        """Everything recorded so far."""
        self._take()
        frames = bytes(self._frames)
        await self._work(lambda: step(frames), file)
        del self._frames[: len(frames)]

    async def _work(self, work: Callable[[], T], file: _File) -> T:
        """Disk work, finished also when the call ends meanwhile. Raises OSError, also when it hangs."""
        bound = min(trio.current_time() + STALL_BOUND_S, self._over_by)
        with trio.CancelScope(shield=True, deadline=bound) as self._working:
            return await self._disk.run(work)
        self._hung = True
        self._disk.later(file.close)
        raise TimeoutError(errno.ETIMEDOUT, "The disk does not answer")


class _File:
    """The file of a recording. Methods run in worker threads, one at a time even if one was abandoned."""

    def __init__(self, recordings: RecordingStore, call_id: str, rate_hz: int) -> None:
        self._recordings = recordings
        self._call_id = call_id
        self._rate_hz = rate_hz
        self._opened: AbstractContextManager[RecordingSink] | None = None
        self._sink: RecordingSink | None = None
        self._lock = Lock()

    def open(self) -> str:
        """Create it; returns its path."""
        with self._lock:
            opened = self._recordings.open(self._call_id, self._rate_hz)
            self._sink = opened.__enter__()
            self._opened = opened
            return self._sink.path

    def append(self, frames: bytes) -> None:
        """Write frames and make them part of a valid file."""
        with self._lock:
            self._put(frames)

    def finish(self, frames: bytes) -> None:
        """Write the last frames and complete the file, if it was ever created."""
        with self._lock:
            try:
                self._put(frames)
            finally:
                self._leave()

    def close(self) -> bool:
        """Complete the file with what it has; False while an abandoned method is still at it."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._leave()
        finally:
            self._lock.release()
        return True

    def _put(self, frames: bytes) -> None:
        if self._sink is not None:
            if frames:
                self._sink.append(frames)
            self._sink.sync()

    def _leave(self) -> None:
        opened, self._opened, self._sink = self._opened, None, None
        if opened is not None:
            opened.__exit__(None, None, None)
