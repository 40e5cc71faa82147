"""In-process fan-out of timeline entries: the publisher never waits, a slow subscriber loses the oldest."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import trio

from aywa.ports.store import TimelineEntry

CAPACITY = 1000  # a busy call makes a few entries a second


@dataclass(frozen=True, slots=True)
class Lost:
    """This many entries were dropped here because the subscriber was too slow."""

    count: int


BusEvent: TypeAlias = TimelineEntry | Lost


class Subscription:
    """One subscriber's queue; `receive` is for one task at a time."""

    def __init__(self, call_id: str | None, capacity: int) -> None:
        self._call_id = call_id
        self._queue: deque[TimelineEntry] = deque(maxlen=capacity)
        self._lost = 0
        self._wake = trio.Event()

    def publish_nowait(self, entry: TimelineEntry) -> None:
        """Queue the entry if it is of the call asked for; without room the oldest makes place."""
        if self._call_id is not None and entry.call_id != self._call_id:
            return
        if len(self._queue) == self._queue.maxlen:
            self._lost += 1
        self._queue.append(entry)
        self._wake.set()

    async def receive(self) -> BusEvent:
        """The next entry, in order; `Lost` comes first when entries before it were dropped. A checkpoint."""
        await trio.lowlevel.checkpoint()
        while not self._queue:
            self._wake = trio.Event()
            await self._wake.wait()
        if self._lost:
            lost, self._lost = self._lost, 0
            return Lost(lost)
        return self._queue.popleft()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> BusEvent:
        return await self.receive()


class EventBus:
    """Hands every published entry to every subscriber."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def publish_nowait(self, entry: TimelineEntry) -> None:
        """Queue the entry for all subscribers; never blocks. Call it from the Trio thread."""
        for subscription in self._subscriptions:
            subscription.publish_nowait(entry)

    @contextmanager
    def subscribe(self, call_id: str | None = None, *, capacity: int = CAPACITY) -> Iterator[Subscription]:
        """Entries from now on until the block is left; of one call, or of all."""
        assert capacity > 0
        subscription = Subscription(call_id, capacity)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
