"""Store, disk and journal: what fails there ends no call and loses nothing that can be kept."""

from __future__ import annotations

from datetime import UTC, datetime

import trio

from aywa.call.journal import ROWS, Journal
from aywa.errors import EndCode
from aywa.ports.store import TimelineEntry
from tests.kit.call_store_contract import call_row
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeModel, says
from tests.kit.fake_store import FakeRecordings, FakeStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(call_id: str, seq: int) -> TimelineEntry:
    return TimelineEntry(call_id, seq, seq, "test.entry", {})


async def test_the_store_is_away_for_a_while(autojump_clock: trio.testing.MockClock) -> None:
    """The conversation does not notice; when the store is back, it has everything, in order."""
    world = CallWorld(model=FakeModel(says("Hello."), says("Yes?")))
    async with world.call() as person:
        world.store.down = True
        await person.listens()
        await person.says("hello")
        await person.listens()
        assert person.table.journal.failing
        assert person.table.journal.waiting > 0
        world.store.down = False
        await trio.sleep(6.0)
        assert not person.table.journal.failing
        person.session.remote_hangs_up()
    assert len(world.store.entries) == len(world.seen)
    assert world.row().end_reason is not None
    assert [text for _, text in world.said()] == ["Hello.", "hello", "Yes?"]


async def test_the_store_stays_away(autojump_clock: trio.testing.MockClock) -> None:
    """The call ends all the same, and in bounded time."""
    world = CallWorld()
    world.store.down = True
    async with world.call() as person:
        await person.listens()
        person.session.remote_hangs_up()
    assert person.live.row.end_reason is not None
    assert person.live.row.end_reason.code is EndCode.CUSTOMER_HANGUP
    assert person.table.journal.dropped > 0


async def test_the_disk_is_full(autojump_clock: trio.testing.MockClock) -> None:
    """The recording ends, the call goes on, and the timeline says so."""
    world = CallWorld(recordings=FakeRecordings(fails=True))
    async with world.call() as person:
        await person.listens()
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.entries("media.record_failed") == [{"error": "No space left on device"}]
    reason = world.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.CUSTOMER_HANGUP


async def test_the_spool_is_full(autojump_clock: trio.testing.MockClock) -> None:
    """The call is not recorded, goes on, and says why; the next one is recorded again."""
    recordings = FakeRecordings()
    recordings.refusal = "the spool is full: 9 bytes wait for the artifact store"
    world = CallWorld(recordings=recordings)
    async with world.call() as person:
        await person.listens()
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.entries("media.record_refused") == [{"reason": recordings.refusal}]
    assert world.entries("media.record_failed") == []
    assert world.row().recording_path is None
    reason = world.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.CUSTOMER_HANGUP


async def test_one_bad_entry_holds_nobody_up(autojump_clock: trio.testing.MockClock) -> None:
    """A call whose entries the store refuses loses them; the others are written."""
    store = FakeStore()
    store.refuses.add("bad")
    journal = Journal(store)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.serve)
        for seq in (1, 2):
            journal.put_entry(entry("bad", seq))
            journal.put_entry(entry("good", seq))
        assert await journal.flush(30.0)
        nursery.cancel_scope.cancel()
    assert set(store.entries) == {("good", 1), ("good", 2)}
    assert journal.dropped == 2


async def test_rows_go_together_and_one_bad_row_holds_nobody_up(
    autojump_clock: trio.testing.MockClock,
) -> None:
    store = FakeStore()
    journal = Journal(store)
    rows = [call_row(number) for number in range(1, 2 * ROWS + 1)]
    store.refuses.add(rows[5].id)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.serve)
        for row in rows:
            journal.put_row(row)
        assert await journal.flush(30.0)
        assert set(store.rows) == {row.id for row in rows} - {rows[5].id}
        assert journal.dropped == 1
        store.saves = 0
        for row in rows[6:]:
            journal.put_row(row)
        assert await journal.flush(30.0)
        assert store.saves == 2
        assert journal.health.waiting == 0
        nursery.cancel_scope.cancel()


async def test_the_buffer_is_bounded(autojump_clock: trio.testing.MockClock) -> None:
    store = FakeStore()
    store.down = True
    journal = Journal(store, max_waiting=10)
    for seq in range(1, 21):
        journal.put_entry(entry("a", seq))
    assert (journal.health.waiting, journal.dropped) == (10, 10)
    store.down = False
    await journal.close(5.0)
    # What was kept is the beginning, without holes.
    assert sorted(seq for _, seq in store.entries) == list(range(1, 11))


async def test_rows_are_bounded_too_and_a_known_one_is_kept_up(
    autojump_clock: trio.testing.MockClock,
) -> None:
    store = FakeStore()
    store.down = True
    journal = Journal(store, max_waiting=10)
    for number in range(1, 21):
        journal.put_row(call_row(number))
    assert (journal.health.waiting, journal.dropped) == (10, 10)
    journal.put_row(call_row(10, scenario="another"))
    assert (journal.health.waiting, journal.dropped) == (10, 10)
    store.down = False
    await journal.close(5.0)
    assert list(store.rows.values()) == [*map(call_row, range(1, 10)), call_row(10, scenario="another")]


async def test_entries_reach_the_store_within_a_tenth_of_a_second(
    autojump_clock: trio.testing.MockClock,
) -> None:
    store = FakeStore()
    journal = Journal(store)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.serve)
        await trio.sleep(1.0)
        journal.put_entry(entry("a", 1))
        await trio.sleep(0.11)
        assert ("a", 1) in store.entries
        nursery.cancel_scope.cancel()
