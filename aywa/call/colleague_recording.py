"""The recording of a colleague's leg: he left, what the assistant says to him right; the caller is in the
call's own, and `offset_ms` says where in it this one begins.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.call_recording import RecordingView
from aywa.call.dependencies import CallDependencies
from aywa.call.live_view import LiveView
from aywa.call.media_port import LegPort
from aywa.call.record import Recorder
from aywa.call.transfer_record import TransferRecord

_LOOK_S = 0.002  # the engine begins with a leg within a tick


class ColleagueRecording:
    """One transfer's. `changed` hears of what becomes known of it."""

    def __init__(self, record: TransferRecord, caller: LegPort, changed: Callable[[], None]) -> None:
        self._record = record
        self._caller = caller
        self._changed = changed

    def begin(
        self,
        leg: LegPort,
        dependencies: CallDependencies,
        live: LiveView,
        keeper: trio.Nursery,
    ) -> None:
        """Record the leg, as long as the call is recorded, in a nursery that outlives it."""
        if not live.recording.wanted:
            return
        leg.record_apart(True)
        keeper.start_soon(self._place, leg, name="record: place")
        view = RecordingView(live.recording, leg)
        recorder = Recorder(leg, dependencies.recordings, live.timeline, dependencies.rounds, view)
        keeper.start_soon(recorder.serve, self._record.name, self._written_to, name="record")

    async def _place(self, leg: LegPort) -> None:
        """Where it begins in the call's own: known once the engine has begun with the leg."""
        while not leg.start_ns:  # noqa: ASYNC110 - a store of the engine's thread
            await trio.sleep(_LOOK_S)
        self._record.offset_ms = round((leg.start_ns - self._caller.start_ns) / 1e6)
        self._changed()

    def _written_to(self, path: str) -> None:
        self._record.recording_at(path)
        self._changed()
