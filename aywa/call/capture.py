"""The last packets of a call: kept in memory, written when the call went wrong or somebody asked."""

from __future__ import annotations

import errno

import trio

from aywa.call.disk import Disk
from aywa.call.media_port import LegPort
from aywa.call.pauses import Why
from aywa.call.sip_port import IncomingPort, SessionPort
from aywa.call.sip_trace import SipTrace
from aywa.call.timeline import Timeline
from aywa.errors import EndCode, EndReason, RequestError
from aywa.ports.capture import CapturedPacket, CaptureMode, CaptureStore, PacketTap

WRITE_BOUND_S = 2.0  # for the disk; both sides have hung up by then
LOSS_RATIO = 0.05
LOSS_LEAST_PACKETS = 250  # 5 s at 20 ms: a share of less says nothing
_WRONG = frozenset(
    {
        EndCode.MEDIA_TIMEOUT,
        EndCode.SIP_ERROR,
        EndCode.PROVIDER_ERROR,
        EndCode.INTERNAL_ERROR,
        EndCode.UNACCEPTABLE_OFFER,
    }
)


class CallCapture:
    """One call's packets."""

    def __init__(self, call_id: str, timeline: Timeline, disk: Disk, store: CaptureStore | None) -> None:
        """`store` None: nothing is written."""
        self._call_id = call_id
        self._timeline = timeline
        self._disk = disk
        self._store = store
        self._leg: LegPort | None = None
        self._calls: list[IncomingPort] = []  # to be let go of in the end
        self._sessions: list[SessionPort] = []
        self._trace: SipTrace | None = None
        self._asked = False
        self._wanted = CaptureMode.OFF
        self._bare: set[Why] = set()

    def begin(self, mode: CaptureMode) -> None:
        """Keep the signalling from the first INVITE on, unless `mode` is OFF."""
        self._wanted = mode
        if mode is not CaptureMode.OFF:
            self._trace = SipTrace(self._mode)

    def bare(self, why: Why, on: bool) -> None:
        """Keep headers only while anybody wants that: nothing that is said or pressed."""
        (self._bare.add if on else self._bare.discard)(why)
        if self._wanted is CaptureMode.OFF:
            return
        if self._trace is not None:
            self._trace.mode = self._mode
        if self._leg is not None and self._leg.captures:
            self._leg.capture(self._mode)

    @property
    def _mode(self) -> CaptureMode:
        return CaptureMode.HEADERS if self._bare else self._wanted

    def listen(self, call: IncomingPort) -> None:
        """The signalling of a call that comes in."""
        call.trace(self.tap)
        self._calls.append(call)

    def also(self, session: SessionPort) -> None:
        """A session that was begun with `tap`: ours to somebody, whether the call itself or a part of it."""
        self._sessions.append(session)

    @property
    def tap(self) -> PacketTap | None:
        """What hears the messages of each call that is part of this one; None: nobody wants them yet."""
        return None if self._trace is None else self._trace.add

    def _trace_from_here(self, mode: CaptureMode) -> None:
        if self._trace is not None:
            self._trace.mode = mode
            return
        self._trace = SipTrace(mode)
        for call in self._calls:
            call.trace(self._trace.add)
        for session in self._sessions:
            session.trace(self._trace.add)

    def follow(self, leg: LegPort) -> None:
        """The call is answered on this leg."""
        self._leg = leg
        if self._bare and leg.captures:
            leg.capture(CaptureMode.HEADERS)

    def start(self, mode: CaptureMode) -> None:
        """Keep packets from now on, in this way, and write them when the call ends.

        Raises RequestError (409) before the call is answered, MediaError when memory is out.
        """
        if self._leg is None:
            raise RequestError("The call has no media yet", http_status=409, code="call-not-live")
        self._wanted = mode
        self._leg.capture(self._mode)
        self._trace_from_here(self._mode)
        self._asked = True
        self._timeline.add("control.capture", mode=mode.value)

    @property
    def runs(self) -> bool:
        """Whether packets are kept."""
        return self._trace is not None or (self._leg is not None and self._leg.captures)

    def packets(self) -> list[CapturedPacket]:
        """What is kept of media and of SIP, each the oldest first; from any thread."""
        media = [] if self._leg is None else self._leg.captured()
        return media if self._trace is None else media + self._trace.packets()

    async def keep(self, reason: EndReason | None) -> str | None:
        """Write the packets of a call that is over if `reason` or its losses call for it: the file's path.

        Bounded by `WRITE_BOUND_S`; what prevents it is an entry of the timeline. Nothing is kept afterwards.
        """
        try:
            return await self._keep(reason)
        finally:
            for call in self._calls:
                call.trace(None)
            self._calls, self._sessions = [], []

    async def _keep(self, reason: EndReason | None) -> str | None:
        cause = self._cause(reason)
        if cause is None or self._store is None or not self.runs:
            return None
        store = self._store
        error = OSError(errno.ETIMEDOUT, "The disk does not answer")
        with trio.move_on_after(WRITE_BOUND_S, shield=True):
            try:
                path, packets, size = await self._disk.run(lambda: self._write(store))
            except OSError as failure:
                error = failure
            else:
                self._timeline.add("media.pcap_written", path=path, packets=packets, bytes=size, cause=cause)
                return path
        self._timeline.add("media.pcap_failed", error=error.strerror or type(error).__name__, cause=cause)
        return None

    def _write(self, store: CaptureStore) -> tuple[str, int, int]:
        """In a worker thread: path, packets, bytes kept of them."""
        packets = self.packets()
        return store.write(self._call_id, packets), len(packets), sum(len(packet.data) for packet in packets)

    def _cause(self, reason: EndReason | None) -> str | None:
        """Why a capture is worth a file."""
        if reason is not None and reason.code in _WRONG:
            return reason.code.value
        if self._leg is None:
            return None
        stats = self._leg.stats()
        expected = stats.received + stats.lost
        if expected >= LOSS_LEAST_PACKETS and stats.lost > LOSS_RATIO * expected:
            return "loss"
        return "asked" if self._asked else None
