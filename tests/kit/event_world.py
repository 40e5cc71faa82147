"""Nodes that share a stream of events: in memory, where the stream can fail as Redis does."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import trio

from aywa.errors import StoreError
from aywa.events.event import Batch, StreamEvent, pack, parse_events
from aywa.events.filter import EventFilter
from aywa.events.ids import EventId
from aywa.events.listener import Listener
from aywa.events.shared_log import Entry, Extent, Parcel, orgs_of
from aywa.events.stream import EventStream, open_events
from aywa.events.subscription import Closed, Item
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import TimelineEntry

ALL = EventFilter(DEFAULT_ORGANIZATION)
_START_MS = 1_764_000_000_000
_REDIS = "/usr/bin/redis-check-rdb"  # the server under another name, in a package without a service


@dataclass
class MemoryLog:
    """Implements `SharedLog`. `away` and `lying` (done, and reported as failed) are set by tests."""

    kept: int = 10_000
    away: bool = False
    lying: bool = False
    rows: list[tuple[tuple[int, int], Parcel]] = field(default_factory=list)
    trimmed: bool = False
    _clock: int = _START_MS
    _wake: trio.Event = field(default_factory=trio.Event)

    async def append(self, parcel: Parcel) -> None:
        await self._work()
        self._clock += 1
        self.rows.append(((self._clock, 0), parcel))
        while len(self.rows) > self.kept:
            del self.rows[0]
            self.trimmed = True
        self._wake.set()
        self._wake = trio.Event()
        if self.lying:
            raise StoreError("no answer in time", retryable=True)

    async def read(self, after: tuple[int, int], *, wait_s: float = 0.0, limit: int = 100) -> Sequence[Entry]:
        await self._work()
        if not self._after(after, limit):
            with trio.move_on_after(wait_s):
                await self._wake.wait()
            await self._work()
        return self._after(after, limit)

    async def holds(self, entry: tuple[int, int]) -> bool:
        await self._work()
        return any(id == entry for id, _ in self.rows)

    async def extent(self) -> Extent:
        await self._work()
        if not self.rows:
            return Extent(EventId(0, 0))
        (oldest, _), (newest, last) = self.rows[0], self.rows[-1]
        return Extent(EventId(*newest, len(last.events)), EventId(*oldest) if self.trimmed else None)

    def empty(self) -> None:
        """What a Redis that keeps nothing on disk does when it starts again."""
        self.rows.clear()
        self.trimmed = False

    async def _work(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.away:
            raise StoreError("Redis did not answer in time", retryable=True)

    def _after(self, after: tuple[int, int], limit: int) -> list[Entry]:
        found = []
        for id, parcel in self.rows:
            if id > after:
                packed = pack(parcel.events)
                batch = Batch(
                    EventId(*id, 1),
                    len(parcel.events),
                    orgs_of(parcel.events),
                    lambda p=packed: parse_events(p),
                )
                found.append(Entry(parcel.node, parcel.number, batch, parcel.lost))
        return found[:limit]


def entry(
    call_id: str, seq: int, kind: str = "turn.user", org_id: UUID = DEFAULT_ORGANIZATION, **data: Any
) -> TimelineEntry:
    """What a call tells."""
    return TimelineEntry(call_id, seq, seq, kind, data, org_id)


def open_node(name: str, log: object = None, **options: Any) -> AbstractAsyncContextManager[EventStream]:
    """The stream of one node; its clock is Trio's."""
    return open_events(name, log, lambda: _START_MS + int(trio.current_time() * 1000), **options)  # type: ignore[arg-type]


async def received(listener: Listener, count: int) -> list[Item]:
    """The next so many."""
    with trio.fail_after(20):
        return [await listener.receive() for _ in range(count)]


async def drained(listener: Listener, quiet_s: float = 5.0) -> list[Item]:
    """Everything until nothing comes for so long, or it ends."""
    items: list[Item] = []
    while True:
        with trio.move_on_after(quiet_s) as scope:
            items.append(await listener.receive())
            if isinstance(items[-1], Closed):
                return items
        if scope.cancelled_caught:
            return items


def names(items: Sequence[Item]) -> list[tuple[str, int]]:
    """Call and number of each event; what is none is left out."""
    return [(item.event.call_id, item.event.seq) for item in items if isinstance(item, StreamEvent)]


@dataclass
class RedisServer:
    """A real server on a Unix socket."""

    directory: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As REDIS_URL."""
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.directory / "redis.sock"

    def start(self) -> None:
        """Empty, and answering."""
        executable = shutil.which("redis-server") or _REDIS
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        with (self.directory / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(["redis-server", *options], executable=executable, stdout=log)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "redis-server does not answer"
            Event().wait(0.01)

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        with suppress(FileNotFoundError):
            self._socket.unlink()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(str(self._socket))
            probe.sendall(b"PING\r\n")
            return probe.recv(7) == b"+PONG\r\n"
        return False


@contextmanager
def open_redis_server(directory: Path) -> Iterator[RedisServer]:
    """A server that runs; tests may kill it and start it again."""
    server = RedisServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@asynccontextmanager
async def open_pair(log: MemoryLog, **options: Any) -> AsyncIterator[tuple[EventStream, EventStream]]:
    """Two nodes on one stream, which both have found."""
    async with open_node("aaaa", log, **options) as one, open_node("bbbb", log, **options) as two:
        await trio.sleep(0.1)
        yield one, two
