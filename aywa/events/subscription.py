"""One listener: what it missed, then what happens, from a queue that is bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import trio

from aywa.errors import ParseError, StoreError
from aywa.events.event import Batch, Gap, StreamEvent
from aywa.events.filter import EventFilter
from aywa.events.ids import EventId

CAPACITY = 1_000  # events of a listener that wait for it to read on; a busy call makes a few a second


class CloseReason(Enum):
    """Why a stream ends."""

    TOO_SLOW = "too-slow"  # it did not read on: come back with the id of the last event
    STOPPING = "stopping"  # the runtime ends: come back to another node
    REFUSED = "refused"  # the key is no longer good


@dataclass(frozen=True, slots=True)
class Closed:
    """The last thing a listener gets. `id`: of the last event before it."""

    id: EventId
    reason: CloseReason


Item: TypeAlias = StreamEvent | Gap | Closed


class Subscription:
    """Made by `EventHub.subscribe`. `receive` is for one task at a time."""

    def __init__(self, wanted: EventFilter, position: EventId, capacity: int = CAPACITY) -> None:
        """`position`: what comes after it is wanted."""
        assert capacity > 0
        self.wanted = wanted
        # What was got under a node's own numbers, by one that came with a place of the shared stream.
        self._alone: set[tuple[str, int]] | None = None
        self.position = position  # of what was received last
        self._after = position  # of what was queued last
        self._queue: deque[Item] = deque()
        self._capacity = capacity
        self._closed: CloseReason | None = None
        self._wake = trio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing more is queued."""
        return self._closed is not None

    @property
    def waiting(self) -> int:
        """Events that are queued."""
        return len(self._queue)

    def catch_up(self, batches: Iterable[Batch], *, elsewhere: bool = False) -> None:
        """Queue what was missed, however much that is. `elsewhere`: it may have listened to another node."""
        self._alone = set() if elsewhere else None
        for batch in batches:
            self._take(batch)

    def take_nowait(self, batch: Batch) -> None:
        """Queue what is wanted of what just happened; without room the stream ends."""
        if self._closed is None:
            self._take(batch)
            if len(self._queue) > self._capacity:
                while len(self._queue) > self._capacity:
                    self._queue.pop()
                self.close_nowait(CloseReason.TOO_SLOW)

    def miss_nowait(self, gap: Gap) -> None:
        """Say that something is missing here."""
        if self._closed is None:
            self._queue.append(gap)
            self._wake.set()

    def restart_nowait(self, start: EventId) -> None:
        """The stream goes on elsewhere; what was here before it is not known to be all."""
        self._after = start
        self.miss_nowait(Gap(start, "stream-changed"))

    def close_nowait(self, reason: CloseReason) -> None:
        """Nothing comes after what is queued."""
        if self._closed is None:
            self._closed = reason
            self._wake.set()

    async def receive(self) -> Item:
        """The next, in order; after `Closed` nothing more may be asked for. A checkpoint."""
        await trio.lowlevel.checkpoint()
        while not self._queue:
            if self._closed is not None:
                return Closed(self.position, self._closed)
            self._wake = trio.Event()
            await self._wake.wait()
        item = self._queue.popleft()
        self.position = item.id
        return item

    def _take(self, batch: Batch) -> None:
        if batch.last <= self._after:
            return
        if self.wanted.org_id in batch.orgs and not (batch.again and self._alone is None):
            try:
                self._queue.extend(item for item in batch.events if self._is_new(item, batch.again))
            except (ParseError, StoreError):
                self._queue.append(Gap(batch.last, "unreadable"))
            self._wake.set()
        self._after = batch.last

    def _is_new(self, item: StreamEvent, again: bool) -> bool:
        event = item.event
        if item.id <= self._after or not self.wanted.wants(event):
            return False
        if self._alone is not None:
            key = event.call_id, event.seq
            if again and key in self._alone:
                self._alone.discard(key)
                return False
            if item.id.node:
                self._alone.add(key)
        return True
