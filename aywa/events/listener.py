"""A listener that comes back: from the shared stream, from the node's memory, then live, without a seam."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from aywa.errors import ParseError, StoreError
from aywa.events.event import Gap
from aywa.events.filter import EventFilter
from aywa.events.hub import EventHub
from aywa.events.ids import EventId
from aywa.events.shared_log import Entry, SharedLog
from aywa.events.subscription import Item, Subscription

_LAST_SEQ = (1 << 64) - 1  # of a millisecond, as Redis counts


@dataclass(frozen=True, slots=True)
class Start:
    """Where a listener begins: after an event it has seen, or, not `exact`, after a time; now for None."""

    after: EventId | None = None
    exact: bool = True


def since(wall_ms: int) -> Start:
    """Everything from this time on, in milliseconds since 1970."""
    return Start(EventId(max(0, wall_ms), 0, 0), exact=False)


class Listener:
    """Made by `open_listener`. `receive` is for one task at a time."""

    def __init__(self, hub: EventHub, log: SharedLog | None, wanted: EventFilter, start: Start) -> None:
        self._hub = hub
        self._log = log
        self._wanted = wanted
        self._stack = ExitStack()
        self._ready: deque[Item] = deque()
        self._subscription: Subscription | None = None
        self._numbers: dict[str, int] = {}  # of the parcels that were read, by node
        self._exact = start.exact
        self._checked = False
        if start.after is None:
            self._attach(None)
            return
        self._cursor = start.after
        if start.after.node and not self._here():
            self._cursor = EventId(*start.after.entry) if log is not None else start.after
        self._read_after = _before(self._cursor)
        self._settle()

    @property
    def position(self) -> EventId:
        """The place after which it goes on."""
        if self._subscription is not None and not self._ready:
            return self._subscription.position
        return self._cursor

    async def receive(self) -> Item:
        """The next, in order; as `Subscription.receive`."""
        while not self._ready and self._subscription is None:
            assert self._log is not None, "or it is settled"
            await self._page(self._log)
        if self._ready:
            return self._ready.popleft()
        assert self._subscription is not None
        return await self._subscription.receive()

    def has_more(self) -> bool:
        """Whether something is known to come at once."""
        if self._subscription is None or self._ready:
            return True
        return self._subscription.waiting > 0 or self._subscription.closed

    def is_ready(self) -> bool:
        """Whether `receive` has something without waiting."""
        if self._ready:
            return True
        return self._subscription is not None and self._subscription.waiting > 0

    def close(self) -> None:
        """Listen no more."""
        self._stack.close()

    def _here(self) -> bool:
        """Whether this node's memory has everything after the cursor."""
        own = self._cursor.node == self._hub.node or not self._exact
        return (own or (self._log is not None and not self._cursor.node)) and self._hub.ring.covers(
            self._cursor
        )

    def _settle(self) -> None:
        """Go on from this node's memory, if that has all, or if there is nothing else."""
        if self._here():
            self._attach(self._cursor)
        elif self._log is None:
            older = self._cursor < self._hub.ring.floor
            known = self._cursor.node == self._hub.node or not self._exact
            self._miss("too-old" if older else "unknown-id")
            self._attach(self._cursor if known and older else None)

    async def _page(self, log: SharedLog) -> None:
        """Read on in the shared stream, until this node's memory takes over."""
        try:
            if not self._checked:
                self._checked = True
                if await self._is_trimmed(log):
                    self._miss("too-old")
            entries = await log.read(self._read_after)
        except StoreError:
            self._miss("unavailable")
            self._attach(self._cursor)
            return
        self._take(entries)
        if entries:
            self._settle()
        else:
            self._attach(self._cursor)

    async def _is_trimmed(self, log: SharedLog) -> bool:
        if self._exact and any(self._cursor.entry):
            return not await log.holds(self._cursor.entry)
        oldest = (await log.extent()).oldest
        return oldest is not None and self._cursor < oldest

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            batch = entry.batch
            self._read_after = batch.first.entry
            if entry.number <= self._numbers.get(entry.node, -1):
                continue  # it was appended twice
            self._numbers[entry.node] = entry.number
            if batch.last <= self._cursor:
                continue
            if entry.lost:
                self._ready.append(Gap(self._cursor, "lost", entry.lost))
            if self._wanted.org_id in batch.orgs:
                try:
                    self._ready.extend(
                        item
                        for item in batch.events
                        if item.id > self._cursor and self._wanted.wants(item.event)
                    )
                except (ParseError, StoreError):
                    self._ready.append(Gap(batch.last, "unreadable"))
            self._cursor = batch.last

    def _miss(self, reason: str) -> None:
        self._hub.figures.gaps += 1
        self._ready.append(Gap(self._cursor, reason))

    def _attach(self, after: EventId | None) -> None:
        self._subscription = self._stack.enter_context(self._hub.subscribe(self._wanted, after))
        self._cursor = self._subscription.position


@contextmanager
def open_listener(
    hub: EventHub, log: SharedLog | None, wanted: EventFilter, start: Start
) -> Iterator[Listener]:
    """Listen until the block is left. `log`: the shared stream, if there is one."""
    listener = Listener(hub, log, wanted, start)
    try:
        yield listener
    finally:
        listener.close()


def _before(place: EventId) -> tuple[int, int]:
    """The last entry there may be before that of this place."""
    if place.seq:
        return place.ms, place.seq - 1
    return (place.ms - 1, _LAST_SEQ) if place.ms else (0, 0)
