"""The rows of calls that are about to be answered do not wait for the journal's batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from aywa.call.first_rows import AHEAD_S
from aywa.call.journal import Journal
from aywa.errors import StoreError
from aywa.ports.store import CallBatch, CallRow, CallStatus, TimelineEntry
from tests.kit.call_store_contract import call_row
from tests.kit.call_world import CallWorld
from tests.kit.fake_store import FakeStore

SOON_S = 0.01


class SlowStore(FakeStore):
    """Its batches, and its first rows where that is asked for, take until somebody lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.batches = trio.Event()
        self.begins = trio.Event()
        self.begins.set()
        self.fails = False
        self.writing: list[set[str]] = []
        self.began: list[list[str]] = []

    async def write(self, batch: CallBatch) -> None:
        self.writing.append({row.id for row in batch.rows})
        await self.batches.wait()
        await super().write(batch)

    async def begin_calls(self, rows: Sequence[CallRow]) -> None:
        self.began.append([row.id for row in rows])
        await self.begins.wait()
        if self.fails:
            raise StoreError("The lane is broken", retryable=True)
        await super().begin_calls(rows)


@asynccontextmanager
async def open_journal(store: SlowStore) -> AsyncIterator[Journal]:
    journal = Journal(store)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.serve)
        yield journal
        nursery.cancel_scope.cancel()


async def test_a_row_does_not_wait_behind_a_batch(autojump_clock: trio.testing.MockClock) -> None:
    store = SlowStore()
    async with open_journal(store) as journal:
        journal.put_entry(TimelineEntry("another", 1, 0, "step", {}))
        await trio.sleep(1.0)
        assert store.writing == [set()]
        row = call_row(1)
        journal.put_row(row)
        journal.begin(row.id)
        assert await journal.begun(row.id, SOON_S)
        assert store.rows == {row.id: row}
        assert store.writing == [set()], "and the batch is being written all the same"


async def test_an_answered_call_has_its_row_while_a_batch_hangs(
    autojump_clock: trio.testing.MockClock,
) -> None:
    store = SlowStore()
    world = CallWorld()
    world.store = store
    async with world.call() as person:
        await person.listens()
        assert list(store.rows) == [person.live.id]
        assert store.began == [[person.live.id]]
        store.batches.set()
        person.session.remote_hangs_up()


async def test_those_that_come_meanwhile_go_together(autojump_clock: trio.testing.MockClock) -> None:
    store = SlowStore()
    store.begins = trio.Event()
    rows = [call_row(number) for number in range(1, 5)]
    async with open_journal(store) as journal:
        for row in rows:
            journal.put_row(row)
            journal.begin(row.id)
            await trio.testing.wait_all_tasks_blocked()
        store.begins.set()
        for row in rows:
            assert await journal.begun(row.id, SOON_S)
    assert store.began == [[rows[0].id], [row.id for row in rows[1:]]]


async def test_a_row_of_the_batch_that_is_being_written_is_left_to_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    store = SlowStore()
    row = call_row(1)
    async with open_journal(store) as journal:
        journal.put_row(row)
        await trio.sleep(1.0)
        assert store.writing == [{row.id}]
        journal.begin(row.id)
        assert not await journal.begun(row.id, SOON_S)
        journal.begin(row.id)
        store.batches.set()
        assert await journal.begun(row.id, SOON_S)
    assert store.began == []


async def test_a_batch_lets_them_go_first_but_not_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    store = SlowStore()
    store.begins = trio.Event()
    store.batches.set()
    row = call_row(1)
    async with open_journal(store) as journal:
        journal.put_row(row)
        journal.begin(row.id)
        journal.hurry()
        await trio.sleep(AHEAD_S / 2)
        assert store.writing == []
        await trio.sleep(AHEAD_S)
        assert store.writing == [{row.id}]
        assert await journal.begun(row.id, SOON_S), "by the batch"


async def test_what_fails_comes_with_the_next_batch(autojump_clock: trio.testing.MockClock) -> None:
    store = SlowStore()
    store.fails = True
    store.batches.set()
    row = call_row(1)
    async with open_journal(store) as journal:
        journal.put_row(row)
        journal.begin(row.id)
        assert await journal.begun(row.id, SOON_S), "at once, not when batches usually come"
    assert store.rows == {row.id: row}


async def test_nobody_waits_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    store = SlowStore()
    store.begins = trio.Event()
    row = call_row(1)
    async with open_journal(store) as journal:
        journal.put_row(row)
        journal.begin(row.id)
        began = trio.current_time()
        assert not await journal.begun(row.id, 2.0)
        assert trio.current_time() - began == 2.0
        store.begins.set()


async def test_a_later_version_is_not_undone(autojump_clock: trio.testing.MockClock) -> None:
    store = SlowStore()
    store.batches.set()
    first, later = call_row(1, status=CallStatus.RINGING), call_row(1)
    async with open_journal(store) as journal:
        journal.put_row(first)
        journal.begin(first.id)
        assert await journal.begun(first.id, SOON_S)
        journal.put_row(later)
        assert await journal.flush(1.0)
    assert store.rows == {later.id: later}
