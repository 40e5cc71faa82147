"""Calls in PostgreSQL, and on the runtime's own disk while PostgreSQL is away.

What cannot be written is appended to a file that is flushed to the disk, and so is everything after it, until
all of the file has been written in its order. A process that is killed meanwhile leaves its file to the next
one. Whatever is written twice changes nothing: rows replace themselves, entries, lines and messages are known
by their ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import trio

from aywa.errors import ParseError, StoreError
from aywa.log import get_logger
from aywa.ports.store import CallBatch, CallRow, TimelineEntry, TranscriptLine
from aywa.store.batch_codec import encode_batch, parse_batch
from aywa.store.call_reader import PostgresCallReader
from aywa.store.calls import PostgresCallStore, TellLater, TellOfLost
from aywa.store.spool import Spool, left_behind

AGAIN_S = 0.25
MAX_REFUSALS = 3  # a batch that was refused so often although the database answers will not be taken
Spare = Callable[[CallBatch], Awaitable[CallBatch]]
_log = get_logger("store.journal")


async def spare_nothing(batch: CallBatch) -> CallBatch:
    """For whoever has erased nothing."""
    return batch


class SpooledCalls:
    """Implements `ports.store.CallStore`; `write` succeeds while there is room in the spool.

    `spare` takes out of a batch what must not be written any more, because it was erased meanwhile.
    """

    def __init__(self, store: PostgresCallStore, spool: Spool, spare: Spare = spare_nothing) -> None:
        self._store = store
        self._spool = spool
        self._spare = spare
        self._turn = trio.Lock()
        self._waits = trio.Event()
        self.dropped = 0  # calls' parts that the database refused
        self.kept = 0  # batches that were put on the disk

    @property
    def waiting_bytes(self) -> int:
        """What lies on the disk because PostgreSQL is away."""
        return self._spool.waiting_bytes

    def of(self, org_id: UUID) -> PostgresCallReader:
        """What this organisation may read."""
        return self._store.of(org_id)

    async def save_call(self, row: CallRow) -> None:
        """Insert or replace the row with this id."""
        await self.write(CallBatch(rows=[row]))

    async def save_calls(self, rows: Sequence[CallRow]) -> None:
        """Insert or replace them in one transaction."""
        await self.write(CallBatch(rows=rows))

    async def append_timeline(self, entries: Sequence[TimelineEntry]) -> None:
        """Append; an entry whose (call_id, seq) exists is ignored."""
        await self.write(CallBatch(entries=entries))

    async def append_transcript(self, lines: Sequence[TranscriptLine]) -> None:
        """Append; a line whose (call_id, seq) exists is ignored."""
        await self.write(CallBatch(lines=lines))

    async def end_lost_calls(self, worker_id: str, now: datetime, tell: TellOfLost | None = None) -> int:
        """See `PostgresCallStore`."""
        return await self._store.end_lost_calls(worker_id, now, tell)

    async def tell_later(self, org_id: UUID, call_id: str, tell: TellLater) -> int:
        """See `PostgresCallStore`."""
        return await self._store.tell_later(org_id, call_id, tell)

    async def count_ended(self) -> dict[str, int]:
        """How many ended calls there are for each end reason."""
        return await self._store.count_ended()

    async def write(self, batch: CallBatch) -> None:
        """Into the database, or onto the disk while it is away. Raises `StoreError` when neither takes it."""
        async with self._turn:
            if self._spool.waiting_bytes == 0:
                try:
                    await self._store.write(batch)
                except StoreError as error:
                    if not error.retryable:
                        raise
                    _log.warning("journal.on_disk", detail=error.detail)
                else:
                    return
            await self._keep(batch)

    async def begin_calls(self, rows: Sequence[CallRow]) -> None:
        """See `CallStore`; beside a batch that is being written."""
        if self._spool.waiting_bytes:
            raise StoreError("what is older waits on the disk", retryable=True)
        await self._store.begin_calls(rows)

    async def close(self) -> None:
        """Give back what is kept open; before the pool is closed."""
        await self._store.close()

    async def serve(self) -> None:
        """Write what lies on the disk whenever the database takes it, until cancelled."""
        while True:
            await self._waits.wait()
            try:
                await self.deliver()
            except StoreError:
                await trio.sleep(AGAIN_S)

    async def deliver(self) -> None:
        """Write all that lies on the disk. Raises `StoreError` when the database does not take it."""
        written = await self._deliver(self._spool)
        if written:
            _log.info("journal.delivered", batches=written)

    async def deliver_left(self) -> int:
        """Write what killed processes have left beside our file; how many batches. Raises `StoreError`."""
        written = 0
        for path in await trio.to_thread.run_sync(left_behind, self._spool.path.parent):
            try:
                spool = await trio.to_thread.run_sync(Spool, path, 0)
            except OSError:
                continue  # its process lives, or has just closed it
            try:
                if spool.torn:
                    _log.warning("journal.torn", bytes=spool.torn)  # it was killed while it wrote these
                written += await self._deliver(spool)
            finally:
                spool.close()  # of a file that is in the kernel's memory
        if written:
            _log.info("journal.taken_over", batches=written)
        return written

    async def _keep(self, batch: CallBatch) -> None:
        record = await trio.to_thread.run_sync(encode_batch, batch)
        try:
            await trio.to_thread.run_sync(self._spool.append, record)
        except OSError as error:
            raise StoreError(
                f"the journal cannot be kept ({type(error).__name__})", retryable=True
            ) from error
        self.kept += 1
        self._waits.set()

    async def _deliver(self, spool: Spool) -> int:
        written = 0
        while True:
            async with self._turn:
                record = await trio.to_thread.run_sync(spool.first)
                if record is None:
                    if spool is self._spool:
                        self._waits = trio.Event()
                    return written
                await self._take(record)
                await trio.to_thread.run_sync(spool.drop_first)
                written += 1

    async def _take(self, record: bytes) -> None:
        try:
            batch = await self._spare(parse_batch(record))
        except ParseError as error:
            self._drop(error.detail)
            return
        for attempt in range(MAX_REFUSALS):
            try:
                await self._store.write(batch)
            except StoreError as error:
                if error.retryable:
                    raise
                if attempt + 1 == MAX_REFUSALS:
                    await self._take_each(batch)
            else:
                return

    async def _take_each(self, batch: CallBatch) -> None:
        """One call is at fault: the others must not wait for it."""
        for one in by_call(batch):
            try:
                await self._store.write(one)
            except StoreError as error:
                if error.retryable:
                    raise
                self._drop(error.detail)

    def _drop(self, detail: str) -> None:
        self.dropped += 1
        _log.error("journal.refused", detail=detail)


def by_call(batch: CallBatch) -> list[CallBatch]:
    """The same, each call on its own."""
    ids = dict.fromkeys(calls_of(batch))
    return [only(batch, partial(str.__eq__, call_id)) for call_id in ids]


def calls_of(batch: CallBatch) -> Iterator[str]:
    """The ids of its calls, some of them often."""
    yield from (row.id for row in batch.rows)
    yield from (entry.call_id for entry in batch.entries)
    yield from (line.call_id for line in batch.lines)
    yield from (job.call_id for job in batch.jobs)


def only(batch: CallBatch, wanted: Callable[[str], bool]) -> CallBatch:
    """What belongs to calls whose ids are wanted."""
    return CallBatch(
        [row for row in batch.rows if wanted(row.id)],
        [entry for entry in batch.entries if wanted(entry.call_id)],
        [line for line in batch.lines if wanted(line.call_id)],
        [job for job in batch.jobs if wanted(job.call_id)],
    )
