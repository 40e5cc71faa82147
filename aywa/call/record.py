"""The recording: from the leg's ring to the disk, in a worker thread."""

from __future__ import annotations

import trio

from aywa.call.disk import Disk
from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.ports.recording import RecordingSink, RecordingStore

SYNC_EVERY_S = 0.5  # a killed process loses at most a second; half of it is left for the disk
CLOSE_BOUND_S = 5.0


class Recorder:
    """Writes one call's recording. A disk that fails ends the recording, not the call."""

    def __init__(self, leg: LegPort, recordings: RecordingStore, timeline: Timeline, disk: Disk) -> None:
        self._leg = leg
        self._recordings = recordings
        self._timeline = timeline
        self._disk = disk

    async def serve(
        self, call_id: str, *, task_status: trio.TaskStatus[str | None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Record until cancelled; started with the path, or with None when it cannot be recorded.

        Cancel it once the leg is closed: the engine keeps the last 100 ms until then.
        """
        started = False
        try:
            opened = await self._disk.run(lambda: self._recordings.open(call_id))
            sink = await self._disk.run(opened.__enter__)
            try:
                started = True
                task_status.started(sink.path)
                while True:
                    await trio.sleep(SYNC_EVERY_S)
                    await self._append(sink)
            finally:
                with trio.move_on_after(CLOSE_BOUND_S, shield=True):
                    await self._append(sink)
                    await self._disk.run(lambda: opened.__exit__(None, None, None))
        except OSError as error:
            self._timeline.add("media.record_failed", error=error.strerror or type(error).__name__)
            if not started:
                task_status.started(None)

    async def _append(self, sink: RecordingSink) -> None:
        frames = b"".join(iter(self._leg.read_recording, b""))

        def write() -> None:
            if frames:
                sink.append(frames)
            sink.sync()

        await self._disk.run(write)
