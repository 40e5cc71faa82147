"""Calls while PostgreSQL is away: kept on the disk, delivered in order and once, also by the next process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from aywa.bridge.postgres import Postgres, open_postgres
from aywa.errors import StoreError
from aywa.ports.store import CallBatch, CallStatus, TimelineEntry, TranscriptLine
from aywa.store.calls import PostgresCallStore
from aywa.store.spool import Spool
from aywa.store.spooled_calls import SpooledCalls
from tests.kit.call_store_contract import call_row
from tests.kit.outbox_world import until
from tests.kit.postgres import open_clean_postgres
from tests.kit.tcp_proxy import TcpProxy, Way, open_postgres_proxy

pytestmark = pytest.mark.live
ROOM = 1 << 20


@asynccontextmanager
async def open_world(url: str) -> AsyncIterator[tuple[TcpProxy, Postgres, Postgres]]:
    """The proxy, a pool that leads through it, and one that does not."""
    async with (
        open_clean_postgres(url) as (loop, direct),
        open_postgres_proxy(url) as (proxy, through),
        open_postgres(loop, through, max_connections=4) as postgres,
    ):
        yield proxy, postgres, direct


def batch(number: int, seq: int) -> CallBatch:
    row = replace(call_row(number), slots={"seq": seq})
    return CallBatch(
        [row],
        [TimelineEntry(row.id, seq, seq * 10, "step", {"seq": seq}, row.org_id)],
        [TranscriptLine(row.id, seq, "user", f"line {seq}", 0, 1, org_id=row.org_id)],
    )


async def state_of(postgres: Postgres, number: int) -> tuple[object, list[int], list[str]]:
    row = call_row(number)
    reader = PostgresCallStore(postgres).of(row.org_id)
    found = await reader.get_call(row.id)
    return (
        None if found is None else found.slots["seq"],
        [entry.seq for entry in await reader.timeline(row.id)],
        [line.text for line in await reader.transcript(row.id)],
    )


async def test_what_comes_while_it_is_away_is_delivered_in_order(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url) as (proxy, postgres, direct):
        store = SpooledCalls(PostgresCallStore(postgres), Spool(tmp_path / "a.journal", ROOM))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(store.serve)
            await store.write(batch(1, 1))
            await proxy.turn(Way.STALLED)
            for seq in (2, 3, 4):
                await store.write(batch(1, seq))
            assert store.waiting_bytes > 0
            assert store.kept == 3
            assert await state_of(direct, 1) == (1, [1], ["line 1"])
            await proxy.turn(Way.OPEN)
            await until(lambda: store.waiting_bytes == 0)
            await store.write(batch(1, 5))
            nursery.cancel_scope.cancel()
        assert await state_of(direct, 1) == (5, [1, 2, 3, 4, 5], [f"line {seq}" for seq in range(1, 6)])
        assert store.kept == 3


async def test_a_killed_process_leaves_it_to_the_next_one(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url) as (proxy, postgres, direct):
        await PostgresCallStore(direct).write(batch(1, 1))
        spool = Spool(tmp_path / "dead.journal", ROOM)
        dead = SpooledCalls(PostgresCallStore(postgres), spool)
        await proxy.turn(Way.REFUSED)
        for seq in (1, 2, 3):  # the first was committed, and its process killed before it knew
            await dead.write(batch(1, seq))
        os.close(spool._file)
        await proxy.turn(Way.OPEN)
        await until(lambda: postgres.answers)
        store = SpooledCalls(PostgresCallStore(postgres), Spool(tmp_path / "mine.journal", ROOM))
        assert await store.deliver_left() == 3
        assert await store.deliver_left() == 0
        assert not spool.path.exists()
        assert await state_of(direct, 1) == (3, [1, 2, 3], ["line 1", "line 2", "line 3"])


async def test_a_batch_that_is_refused_costs_nobody_else(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url) as (proxy, postgres, direct):
        store = SpooledCalls(PostgresCallStore(postgres), Spool(tmp_path / "a.journal", ROOM))
        await proxy.turn(Way.REFUSED)
        good, bad = batch(1, 1), batch(2, 1)
        lost = replace(bad.entries[0], at_ms=1 << 70)  # no bigint
        await store.write(CallBatch([*good.rows, *bad.rows], [*good.entries, lost], good.lines))
        await proxy.turn(Way.OPEN)
        await until(lambda: postgres.answers)
        await store.deliver()
        assert store.dropped == 1
        assert await state_of(direct, 1) == (1, [1], ["line 1"])
        assert await state_of(direct, 2) == (None, [], [])


async def test_a_full_disk_is_told(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url) as (proxy, postgres, _direct):
        store = SpooledCalls(PostgresCallStore(postgres), Spool(tmp_path / "a.journal", 100))
        await proxy.turn(Way.REFUSED)
        with pytest.raises(StoreError) as caught:
            await store.write(batch(1, 1))
        assert caught.value.retryable


async def test_what_the_owner_says_replaces_what_was_guessed_of_its_call(postgres_url: str) -> None:
    """Another worker took ours for dead while only its way to the database was cut."""
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresCallStore(postgres)
        row = replace(call_row(1), status=CallStatus.IN_PROGRESS, ended_at=None, end_reason=None)
        row = replace(row, worker_id="unseen")
        await store.write(CallBatch([row], [TimelineEntry(row.id, 1, 0, "call.created", {}, row.org_id)]))
        assert await store.end_lost_calls("another", row.updated_at) == 1
        reader = store.of(row.org_id)
        assert [entry.kind for entry in await reader.timeline(row.id)] == ["call.created", "call.ended"]
        await store.append_timeline(
            [
                TimelineEntry(row.id, seq, seq, kind, {}, row.org_id)
                for seq, kind in ((2, "turn"), (3, "call.ended"))
            ]
        )
        kinds = [entry.kind for entry in await reader.timeline(row.id)]
        assert kinds == ["call.created", "turn", "call.ended"]
        assert await PostgresCallStore(postgres, settle_s=3600).end_lost_calls("another", row.updated_at) == 0
