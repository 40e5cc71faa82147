"""The recording of one call: from the leg's ring to its file, by the rounds that all recordings share.

A disk that does not answer holds nothing up: the call goes on, the ring is emptied into memory, and what the
disk does not take within its bound is given up with the recording.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from math import inf
from threading import Lock
from typing import TypeVar

import trio

from aywa.call.call_recording import RecordingView
from aywa.call.media_port import LegPort
from aywa.call.rounds import STALL_BOUND_S, RecordingPlace, RecordingRounds
from aywa.call.timeline import Timeline
from aywa.ports.recording import RecordingRefusedError, RecordingSink, RecordingStore

_RATE_HZ = 8000  # of timeline samples
_LAST_S = 0.1  # the engine keeps the last 200 ms back; a stop is in the file within half a second
_BLOCK = 1 << 16
CLOSE_BOUND_S = 5.0  # for everything that is left to do once the call is over
T = TypeVar("T")


class Recorder:
    """Writes one call's recording. A disk that fails or hangs ends the recording, not the call."""

    def __init__(
        self,
        leg: LegPort,
        recordings: RecordingStore,
        timeline: Timeline,
        rounds: RecordingRounds,
        view: RecordingView | None = None,
    ) -> None:
        """`view`: what may be kept; None: all of it."""
        self._leg = leg
        self._view = view
        self._scale = leg.rate_hz // _RATE_HZ
        self._read = 0  # frames that were read from the leg
        self._silent = 0  # of those, before the file began
        self._recordings = recordings
        self._timeline = timeline
        self._rounds = rounds
        self._pieces: list[bytes] = []  # read from the leg and not yet in the file
        self._writing = 0  # pieces that a step has been given
        self._file: _File | None = None
        self._error: OSError | None = None
        self._begun = view is None  # what is read is to be kept
        self._ready = False  # the file is open, and not being completed
        self._hung = False
        self._failed = trio.Event()
        self._working = trio.CancelScope()
        self._over_by = inf

    async def serve(self, call_id: str, opened: Callable[[str], None]) -> None:
        """Record until cancelled, and then for at most `CLOSE_BOUND_S`; `opened` is told the path.

        Cancel it once the leg is closed: the engine keeps the last 100 ms until then.
        """
        file = self._file = _File(self._recordings, call_id, self._leg.rate_hz)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_end)
            if self._view is not None:
                nursery.start_soon(self._watch_stop, self._view)
            try:
                with self._rounds.take_part(self) as place:
                    await self._record(file, place, opened)
            except RecordingRefusedError as error:
                self._timeline.add("media.record_refused", reason=error.strerror or "")
            except OSError as error:
                self._timeline.add("media.record_failed", error=error.strerror or type(error).__name__)
            nursery.cancel_scope.cancel()

    async def _record(self, file: _File, place: RecordingPlace, opened: Callable[[str], None]) -> None:
        try:
            await self._may_begin()
            silent = 4 * self._silent
            opened(await self._on_disk(lambda: file.open(silent)))
            self._ready = True
            await self._failed.wait()
        finally:
            self._ready = False
            await self._close(file, place)

    async def _may_begin(self) -> None:
        """Wait for leave; for ever if it never comes."""
        if self._view is not None:
            await self._view.begun.wait()
            self.collect()  # what was read until now is not kept: the file begins with silence for it
        self._begun = True

    async def _watch_stop(self, view: RecordingView) -> None:
        """Complete the file as soon as its last frame can be read."""
        await view.ended.wait()
        while self._begun and self._error is None and not view.over(self._read, self._scale):
            await trio.sleep(_LAST_S)
            self.collect()
        self._failed.set()

    async def _watch_end(self) -> None:
        try:
            await trio.sleep_forever()
        finally:  # the call is over
            self._over_by = trio.current_time() + CLOSE_BOUND_S
            self._working.deadline = min(self._working.deadline, self._over_by)

    async def _close(self, file: _File, place: RecordingPlace) -> None:
        """Complete the file, behind what a pass may still be writing. Raises what ended the recording."""
        if not self._hung:
            await self._work(place.pass_over)
        if self._error is None:
            self.collect()
            rest = b"".join(self._pieces)
            await self._on_disk(lambda: file.finish(rest))
        elif not self._hung:
            await self._on_disk(file.close)
        if self._error is not None:
            raise self._error

    async def _on_disk(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return await self._rounds.disk.run(work)

        return await self._work(run)

    async def _work(self, work: Callable[[], Awaitable[T]]) -> T:
        """Wait for the disk, also when the call ends meanwhile. Raises OSError, also when it hangs."""
        bound = min(trio.current_time() + STALL_BOUND_S, self._over_by)
        with trio.CancelScope(shield=True, deadline=bound) as self._working:
            return await work()
        self.hung()
        assert self._error is not None
        raise self._error

    # --- what the rounds ask for --------------------------------------------------------------------------

    def collect(self) -> None:
        """Empty the leg's ring into memory."""
        while frames := self._leg.read_recording():
            first = self._read
            self._read += len(frames) // 4
            if not self._begun:
                self._silent = self._read
            elif kept := frames if self._view is None else self._view.kept(frames, first, self._scale):
                self._pieces.append(kept)

    def next_step(self) -> Callable[[], None] | None:
        """Write all that is in memory; None while there is no file."""
        file = self._file
        if file is None or not self._ready or self._error is not None:
            return None
        self._writing = len(self._pieces)
        # A round's audio is one piece as a rule: then it is not copied.
        frames = self._pieces[0] if self._writing == 1 else b"".join(self._pieces)
        return lambda: file.append(frames)

    def stepped(self, error: OSError | None) -> None:
        """The file has it, or failed."""
        if error is None:
            del self._pieces[: self._writing]
        self._writing = 0
        self._fail(error)

    def hung(self) -> None:
        """The disk does not answer: the recording is given up."""
        self._hung = True
        assert self._file is not None
        self._rounds.disk.later(self._file.close)
        self._fail(TimeoutError(errno.ETIMEDOUT, "The disk does not answer"))

    def _fail(self, error: OSError | None) -> None:
        if error is not None and self._error is None:
            self._error = error
            self._failed.set()


class _File:
    """The file of a recording. Methods run in worker threads, one at a time even if one was abandoned."""

    def __init__(self, recordings: RecordingStore, call_id: str, rate_hz: int) -> None:
        self._recordings = recordings
        self._call_id = call_id
        self._rate_hz = rate_hz
        self._opened: AbstractContextManager[RecordingSink] | None = None
        self._sink: RecordingSink | None = None
        self._lock = Lock()

    def open(self, silent: int = 0) -> str:
        """Create it with so many bytes of silence; returns its path."""
        with self._lock:
            opened = self._recordings.open(self._call_id, self._rate_hz)
            self._sink = opened.__enter__()
            self._opened = opened
            for start in range(0, silent, _BLOCK):
                self._sink.append(bytes(min(_BLOCK, silent - start)))
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
