"""Hands every event of a node to its listeners, and keeps the last ones for those that come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from aywa.events.event import Batch, CallEvent, Gap
from aywa.events.filter import EventFilter
from aywa.events.ids import EventId
from aywa.events.ring import Ring
from aywa.events.subscription import CAPACITY, CloseReason, Subscription

KEPT = 20_000  # events; some 20 MB


@dataclass(slots=True)
class HubFigures:
    """Since the start."""

    served: int = 0  # events that were put into the stream here, this node's and others'
    dropped: int = 0  # listeners that were too slow
    gaps: int = 0  # times that listeners were told of something missing


class EventHub:
    """All methods are for the Trio thread; none waits."""

    def __init__(
        self, node: str, clock: Callable[[], int], *, kept: int = KEPT, shared: bool = False
    ) -> None:
        """`node`: its tag. `clock`: milliseconds since 1970. `shared`: there is a stream of all nodes.

        Then this node's own numbers begin below those of that stream, whose clock may be another.
        """
        self.node = node
        self.figures = HubFigures()
        self._clock = clock
        self._subscriptions: set[Subscription] = set()
        self._closed: CloseReason | None = None
        self.ring = Ring(EventId(0 if shared else clock(), 0, 0, node), kept)

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._subscriptions)

    @property
    def closed(self) -> bool:
        """Whether all streams have been ended."""
        return self._closed is not None

    @property
    def last(self) -> EventId:
        """The place of the newest event."""
        return self.ring.last

    def publish_alone(self, events: Sequence[CallEvent], *, ticking: bool = True) -> None:
        """Events that this node numbers: there is no shared stream, or it is away (`ticking` false).

        While it is away they follow the last shared entry, so that what comes when it is back is after them.
        """
        if events:
            self.deliver(Batch.of(self._next(ticking), events))

    def deliver(self, batch: Batch) -> None:
        """The next of the stream."""
        if batch.first <= self.ring.last:  # another Redis, whose clock is behind the one before
            self.restart(EventId(*batch.first.entry))
        self.ring.add(batch)
        self.figures.served += batch.count
        for subscription in list(self._subscriptions):
            subscription.take_nowait(batch)
            if subscription.closed:
                self.figures.dropped += 1
                self._subscriptions.discard(subscription)

    def echo(self, batch: Batch) -> None:
        """What this node has served alone has got its place in the shared stream.

        Who listened here has it. Who comes from another node, with a place of that stream, does not.
        """
        if batch.first <= self.ring.last:
            return
        echoed = batch.echoed()
        self.ring.add(echoed)
        for subscription in self._subscriptions:
            subscription.take_nowait(echoed)

    def restart(self, start: EventId) -> None:
        """The shared stream is found to be here: listeners are told, and who comes back asks it."""
        self.ring.begin_at(start)
        self.figures.gaps += bool(self._subscriptions)
        for subscription in self._subscriptions:
            subscription.restart_nowait(start)

    def tell_gap(self, reason: str, lost: int | None = None) -> None:
        """Tell every listener that something may be missing here."""
        gap = Gap(self.ring.last, reason, lost)
        self.figures.gaps += 1
        for subscription in self._subscriptions:
            subscription.miss_nowait(gap)

    def close(self, reason: CloseReason) -> None:
        """End all streams, also those that begin later."""
        self._closed = reason
        for subscription in self._subscriptions:
            subscription.close_nowait(reason)
        self._subscriptions.clear()

    @contextmanager
    def subscribe(
        self, wanted: EventFilter, after: EventId | None = None, *, capacity: int = CAPACITY
    ) -> Iterator[Subscription]:
        """What is here after a place, and what comes; without one, from now on."""
        subscription = Subscription(wanted, self.ring.last if after is None else after, capacity)
        if after is not None:
            subscription.catch_up(self.ring.after(after), elsewhere=not after.node)
        if self._closed is not None:
            subscription.close_nowait(self._closed)
        else:
            self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def _next(self, ticking: bool) -> EventId:
        last, now = self.ring.last, self._clock() if ticking else 0
        if now > last.ms:  # a clock that is set back makes no older ids
            return EventId(now, 0, 1, self.node)
        return EventId(last.ms, last.seq, last.index + 1, self.node)
