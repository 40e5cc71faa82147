"""Between a node's hub and the stream that all nodes share.

This node's events go into the stream and come back from it, so that every node has them in one order. While
the stream is away the node serves its own at once, keeps them, and appends them when it is back; then they
are not served here again. A call is on one node: its events are in their order in either case.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from enum import Enum

import trio

from aywa.errors import StoreError
from aywa.events.event import Batch, CallEvent
from aywa.events.hub import EventHub
from aywa.events.ids import EventId
from aywa.events.shared_log import Entry, Parcel, SharedLog
from aywa.log import get_logger

PARCEL = 200  # events in one entry
BACKLOG = 50_000  # events that wait for a stream that is away; some 50 MB
RETRY_S = 0.5
WAIT_S = 2.0  # of one read: it comes back at once when there is something
MAX_NODES = 1_000  # of which it is known what was read last
_log = get_logger("events.sharing")


class SharingState(Enum):
    """Who numbers this node's events."""

    SHARED = "shared"
    APART = "apart"  # the stream is away: this node does


@dataclass(slots=True)
class SharingFigures:
    """Since the start."""

    outages: int = 0
    lost: int = 0  # events that no other node got: the stream was away for too long


@dataclass(slots=True)
class _Sent:
    parcel: Parcel
    served: bool  # here, already


class Sharing:
    """`serve_writing` and `serve_reading` run until cancelled; `put` is called for each event."""

    def __init__(self, hub: EventHub, log: SharedLog, *, backlog: int = BACKLOG) -> None:
        self.figures = SharingFigures()
        self.state = SharingState.APART  # until the stream has been seen
        self._hub = hub
        self._log = log
        self._backlog = backlog
        self._open: deque[CallEvent] = deque()  # of no parcel yet
        self._waiting: deque[_Sent] = deque()  # not appended, as far as is known
        self._appended: OrderedDict[int, _Sent] = OrderedDict()  # and not read back
        self._number = 0
        self._returned = -1  # number of the parcel that was read back last
        self._unshared = 0  # events lost since the last parcel
        self._held = 0  # events in `_open` and `_waiting`
        self._read_ok = False
        self._wake = trio.Event()
        self._progress = trio.Event()
        self._seen: OrderedDict[str, int] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Events of this node that are not in the stream, as far as is known."""
        return self._held

    def put(self, event: CallEvent) -> None:
        """The next event of this node."""
        if self.state is SharingState.APART:
            self._hub.publish_alone((event,), ticking=False)
        self._open.append(event)
        self._held += 1
        if self._held > self._backlog:
            self._give_up_oldest()
        self._wake.set()

    async def serve_writing(self) -> None:
        """Append what comes."""
        while True:
            while not (self._open or self._waiting or self._may_join()):
                self._wake = trio.Event()
                await self._wake.wait()
            await self._write_one()

    async def serve_reading(self) -> None:
        """Hand on what all nodes append, once it is known where the stream is."""
        position: EventId | None = None
        while True:
            try:
                position = await self._place(position)
                if not self._read_ok:
                    self._read_ok = True
                    self._wake.set()
                entries = await self._log.read(position.entry, wait_s=WAIT_S)
            except StoreError as error:
                self._go_apart(error)
                self._read_ok = False
                await trio.sleep(RETRY_S)
                continue
            for entry in entries:
                self._receive(entry)
                position = entry.batch.last
            await trio.lowlevel.checkpoint()

    async def flush(self, bound_s: float) -> bool:
        """Wait until everything put so far is in the stream; False when that took too long."""
        with trio.move_on_after(bound_s):
            while self._open or self._waiting:
                self._progress = trio.Event()
                await self._progress.wait()
            return True
        return False

    # --- writing ------------------------------------------------------------------------------------------

    async def _write_one(self) -> None:
        if self._may_join():
            self._enter(SharingState.SHARED)
            _log.info("events are shared")
            return
        if not self._waiting:
            self._close_parcel()
        sent = self._waiting[0]
        try:
            await self._log.append(sent.parcel)
        except StoreError as error:
            self._go_apart(error)
            await trio.sleep(RETRY_S)
            return
        if self._waiting and self._waiting[0] is sent:  # not given up meanwhile
            self._waiting.popleft()
            self._held -= len(sent.parcel.events)
            self._progress.set()
            if not sent.served:
                self._appended[sent.parcel.number] = sent

    def _may_join(self) -> bool:
        """Whether the stream is back, and has all that was kept for it."""
        apart = self.state is SharingState.APART
        return apart and self._read_ok and not self._open and not self._waiting

    def _close_parcel(self) -> None:
        events = tuple(self._open.popleft() for _ in range(min(PARCEL, len(self._open))))
        parcel = Parcel(self._hub.node, self._number, events, self._unshared)
        self._number += 1
        self._unshared = 0
        self._waiting.append(_Sent(parcel, served=self.state is SharingState.APART))

    def _go_apart(self, error: StoreError) -> None:
        """Serve here what the stream has not brought back, in its order, and go on alone."""
        if self.state is SharingState.APART:
            return
        self._enter(SharingState.APART)
        self._read_ok = False
        self.figures.outages += 1
        _log.warning("the shared stream of events is away", detail=error.detail)
        for sent in (*self._appended.values(), *self._waiting):
            if not sent.served:
                sent.served = True
                self._hub.publish_alone(sent.parcel.events, ticking=False)
        self._appended.clear()
        if self._open:
            self._hub.publish_alone(tuple(self._open), ticking=False)
            # what is served must be in a parcel that says so
            while self._open:
                self._close_parcel()

    def _enter(self, state: SharingState) -> None:
        self.state = state

    def _give_up_oldest(self) -> None:
        while len(self._open) >= PARCEL or not self._waiting:
            self._close_parcel()
        oldest = self._waiting.popleft()
        count = len(oldest.parcel.events) + oldest.parcel.lost
        self._held -= len(oldest.parcel.events)
        self.figures.lost += len(oldest.parcel.events)
        if self._waiting:
            later = self._waiting[0]
            later.parcel = replace(later.parcel, lost=later.parcel.lost + count)
        else:
            self._unshared += count

    # --- reading ------------------------------------------------------------------------------------------

    async def _place(self, position: EventId | None) -> EventId:
        """Where to read on; asks after an outage whether the stream is still the one it was."""
        if self._read_ok and position is not None:
            return position
        extent = await self._log.extent()
        if position is None:
            if self._hub.ring.last < extent.newest:
                self._hub.restart(extent.newest)
            return extent.newest
        if position.ms and not await self._log.holds(position.entry):
            self._hub.tell_gap("stream-lost")
            if extent.newest < position:  # it was emptied: all that is in it is new
                return EventId(0, 0)
        return position

    def _receive(self, entry: Entry) -> None:
        if entry.node == self._hub.node:
            self._receive_own(entry)
            return
        if entry.number <= self._seen.get(entry.node, -1):
            return
        self._seen[entry.node] = entry.number
        self._seen.move_to_end(entry.node)
        if len(self._seen) > MAX_NODES:
            self._seen.popitem(last=False)
        if entry.lost:
            self._hub.tell_gap("lost", entry.lost)
        self._hub.deliver(entry.batch)

    def _receive_own(self, entry: Entry) -> None:
        if entry.number <= self._returned:  # appended twice
            return
        self._returned = entry.number
        # It is read before the answer to the append is, as often as not.
        sent = self._appended.pop(entry.number, None) or self._find_waiting(entry.number)
        if sent is None or sent.served:
            self._hub.echo(entry.batch)
        else:
            sent.served = True
            self._hub.deliver(Batch.of(entry.batch.first, sent.parcel.events))

    def _find_waiting(self, number: int) -> _Sent | None:
        for sent in self._waiting:
            if sent.parcel.number == number:
                return sent
        return None
