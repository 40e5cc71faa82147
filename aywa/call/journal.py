"""The journal: carries rows, timelines and transcripts of all calls to the store, in batches.

One task writes for all calls, because two thousand calls that each write ten times a second would be twenty
thousand transactions. A store that is down ends no call: entries wait in memory, up to a bound, and are
written in order when it is back. What servers are told of an entry is written in one transaction with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

import trio

from aywa.call.first_rows import FirstRows
from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallBatch, CallRow, CallStore, TimelineEntry, TranscriptLine

FLUSH_EVERY_S = 0.1
MAX_WAITING = 200_000  # entries; about 100 MB, a quarter of an hour of 100 busy calls
FULL = 0.8  # of it: the rest is for the calls that are up
BATCH = 2_000  # entries in one append
ROWS = 200  # calls in one transaction
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
MAX_REFUSALS = 3  # a batch refused so often although the store answers is not going to be taken
JOB_UNIT = 500  # characters of a message that count as much as an entry
_log = get_logger("journal")
_Item = TypeVar("_Item", CallRow, TimelineEntry, TranscriptLine)


class CallJournal(Protocol):
    """Where a call writes."""

    def put_row(self, row: CallRow) -> None:
        """Save the row."""

    def put_entry(self, entry: TimelineEntry) -> None:
        """Append a timeline entry."""

    def put_line(self, line: TranscriptLine) -> None:
        """Append a transcript line."""


@dataclass(frozen=True, slots=True)
class _Put(Generic[_Item]):
    """Something to write, and what servers are told of it."""

    item: _Item
    jobs: tuple[WebhookJob, ...] = ()

    @property
    def size(self) -> int:
        """In entries."""
        return 1 + sum(1 + len(job.body) // JOB_UNIT for job in self.jobs)


@dataclass(slots=True)
class JournalHealth:
    """How the journal is doing."""

    waiting: int = 0
    dropped: int = 0
    failing: bool = False
    full: bool = False  # one more call would leave nothing behind


class Journal:
    """`put_*` never block. `serve` writes until cancelled; `close` writes the rest."""

    def __init__(
        self,
        store: CallStore,
        *,
        max_waiting: int = MAX_WAITING,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """`told`: called when messages for servers have been committed."""
        self._store = store
        self._max_waiting = max_waiting
        self._told = told
        self._rows: dict[str, _Put[CallRow]] = {}
        self._entries: deque[_Put[TimelineEntry]] = deque()
        self._lines: deque[_Put[TranscriptLine]] = deque()
        self._waiting = 0
        self._work = trio.Event()
        self._idle = trio.Event()
        self._idle.set()
        self._urgent = trio.Event()
        self._writing = trio.Lock()
        self._refusals = 0
        self._failures = 0
        self._in_batch: frozenset[str] = frozenset()  # the ids of the rows that are being written
        self._first = FirstRows(store, lambda call_id: call_id in self._in_batch, self.hurry)
        self.dropped = 0

    @property
    def health(self) -> JournalHealth:
        """How much waits, how much was lost, and whether the store fails at the moment."""
        full = self._waiting >= self._max_waiting * FULL
        return JournalHealth(self._waiting, self.dropped, self._failures > 0, full)

    def put_row(self, row: CallRow, jobs: Sequence[WebhookJob] = ()) -> None:
        """Save the row; only its latest version is written. `jobs`: to be committed with it."""
        before = self._rows.get(row.id)
        if before is not None or self._has_room():
            put = _Put(row, (*before.jobs, *jobs) if before is not None else tuple(jobs))
            self._rows[row.id] = put
            self._waiting += put.size - (before.size if before is not None else 0)
            self._wake()

    def put_entry(self, entry: TimelineEntry, jobs: Sequence[WebhookJob] = ()) -> None:
        """Append a timeline entry."""
        self._put(self._entries, _Put(entry, tuple(jobs)))

    def put_line(self, line: TranscriptLine, jobs: Sequence[WebhookJob] = ()) -> None:
        """Append a transcript line."""
        self._put(self._lines, _Put(line, tuple(jobs)))

    def _put(self, queue: deque[_Put[_Item]], put: _Put[_Item]) -> None:
        if self._has_room():
            queue.append(put)
            self._waiting += put.size
            self._wake()

    async def serve(self) -> None:
        """Write what comes, at most `FLUSH_EVERY_S` later, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._first.serve, name="journal of new calls")
            await self._serve_batches()

    async def _serve_batches(self) -> None:
        while True:
            await self._work.wait()
            with trio.move_on_after(FLUSH_EVERY_S):
                await self._urgent.wait()
            if not await self._write():
                with trio.move_on_after(BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]):
                    await self._urgent.wait()

    def hurry(self) -> None:
        """Write what waits without waiting for more."""
        self._urgent.set()

    def begin(self, call_id: str) -> None:
        """Write the row of this call at once, beside the batches: somebody will wait for it."""
        if (put := self._rows.get(call_id)) is not None:
            self._first.put(put.item)

    async def begun(self, call_id: str, bound_s: float) -> bool:
        """Wait until the row for which `begin` was called is written; False when that takes longer."""
        return await self._first.wait(call_id, bound_s)

    async def flush(self, bound_s: float) -> bool:
        """Wait until everything put so far is written; False when that took longer than `bound_s`."""
        self._urgent.set()
        with trio.move_on_after(bound_s):
            await self._idle.wait()
            return True
        return False

    async def close(self, bound_s: float) -> None:
        """Write the rest; `serve` has ended. What cannot be written in time is counted as dropped."""
        with trio.move_on_after(bound_s, shield=True):
            while self._work.is_set():
                if not await self._write():
                    await trio.sleep(BACKOFF_S[0])
        lost = self.health.waiting
        if lost:
            self.dropped += lost
            _log.error("journal.lost", entries=lost)

    def _has_room(self) -> bool:
        if self._waiting < self._max_waiting:
            return True
        if self.dropped == 0:
            _log.error("journal.full", max_waiting=self._max_waiting)
        self.dropped += 1
        return False

    def _wake(self) -> None:
        self._work.set()
        if self._idle.is_set():
            self._idle = trio.Event()

    async def _write(self) -> bool:
        """Write all that waits; False when the store failed."""
        async with self._writing:
            self._urgent = trio.Event()
            try:
                while self._rows or self._entries or self._lines:
                    await self._write_batch()
            except StoreError as error:
                self._failures += 1
                if self._failures == 1:
                    _log.warning("journal.store_failed", detail=error.detail, retryable=error.retryable)
                return False
            if self._failures:
                _log.info("journal.store_back", failures=self._failures)
            self._failures = self._refusals = 0
            self._work = trio.Event()
            self._idle.set()
            return True

    async def _write_batch(self) -> None:
        """One batch: what a message tells of is in the same one as the message. Raises StoreError."""
        await self._first.go_first()
        rows = list(islice(self._rows.values(), ROWS))
        entries = list(islice(self._entries, BATCH))
        lines = list(islice(self._lines, BATCH))
        self._in_batch = frozenset(put.item.id for put in rows)
        try:
            await self._attempt(_Taken(rows, entries, lines))
        finally:
            self._in_batch = frozenset()
        for put in rows:
            self._written(put)
        for queue, taken in ((self._entries, entries), (self._lines, lines)):
            for _ in taken:
                self._waiting -= queue.popleft().size

    def _written(self, put: _Put[CallRow]) -> None:
        """What was put meanwhile stays, without the messages that are committed."""
        latest = self._rows.pop(put.item.id)
        self._first.written(put.item.id)
        self._waiting -= latest.size
        if latest is not put:
            done = {job.id for job in put.jobs}
            rest = _Put(latest.item, tuple(job for job in latest.jobs if job.id not in done))
            self._rows[put.item.id] = rest
            self._waiting += rest.size

    async def _attempt(self, taken: _Taken) -> None:
        try:
            await self._store.write(taken.batch())
        except StoreError as error:
            self._refused(error)
            # One call is at fault: the others must not wait for it.
            for one in taken.by_call():
                try:
                    await self._store.write(one.batch())
                except StoreError:
                    self._drop(one.count)
        if any(put.jobs for put in taken.puts()):
            self._told()

    def _refused(self, error: StoreError) -> None:
        """Return when the data are at fault; raise when the store is, or may be."""
        self._refusals += 1
        if error.retryable or self._refusals < MAX_REFUSALS:
            raise error

    def _drop(self, count: int) -> None:
        self.dropped += count
        _log.error("journal.refused", entries=count)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is being written."""

    rows: list[_Put[CallRow]]
    entries: list[_Put[TimelineEntry]]
    lines: list[_Put[TranscriptLine]]

    @property
    def count(self) -> int:
        """Rows, entries and lines."""
        return len(self.rows) + len(self.entries) + len(self.lines)

    def puts(self) -> Iterable[_Put[CallRow] | _Put[TimelineEntry] | _Put[TranscriptLine]]:
        """All of them."""
        yield from self.rows
        yield from self.entries
        yield from self.lines

    def batch(self) -> CallBatch:
        """As the store takes it."""
        return CallBatch(
            [put.item for put in self.rows],
            [put.item for put in self.entries],
            [put.item for put in self.lines],
            [job for put in self.puts() for job in put.jobs],
        )

    def by_call(self) -> list[_Taken]:
        """The same, each call on its own."""
        calls: dict[str, _Taken] = {}
        for row in self.rows:
            calls.setdefault(row.item.id, _Taken([], [], [])).rows.append(row)
        for entry in self.entries:
            calls.setdefault(entry.item.call_id, _Taken([], [], [])).entries.append(entry)
        for line in self.lines:
            calls.setdefault(line.item.call_id, _Taken([], [], [])).lines.append(line)
        return list(calls.values())
