"""PostgresCallStore against the contract, and what only it promises: lost calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aywa.errors import EndCode, EndSide
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import CallStatus, TimelineEntry
from aywa.store.calls import PostgresCallStore
from aywa.store.presence import hold_presence
from tests.kit.call_store_contract import RULES, T0, call_row
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live
LATER = T0 + timedelta(hours=1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
async def test_contract(rule, postgres_url: str) -> None:  # type: ignore[no-untyped-def]
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresCallStore(postgres)
        await rule(store)
        await store.close()


async def test_calls_of_a_dead_worker_are_ended_at_their_last_sign_of_life(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresCallStore(postgres)
        lost, done = call_row(1), call_row(2, status=CallStatus.ENDED, ended_at=T0)
        own = call_row(3, worker_id="worker-b")
        for row in (lost, done, own):
            await store.save_call(row)
        await store.append_timeline([TimelineEntry(lost.id, seq, seq * 5000, "turn", {}) for seq in (1, 2)])

        assert await store.end_lost_calls("worker-b", LATER) == 1

        after = await store.of(DEFAULT_ORGANIZATION).get_call(lost.id)
        assert after is not None
        assert after.status is CallStatus.ENDED
        assert after.end_reason is not None
        assert (after.end_reason.code, after.end_reason.side) == (EndCode.PROCESS_LOST, EndSide.SYSTEM)
        assert after.ended_at == lost.created_at + timedelta(seconds=10)
        assert after.updated_at == LATER
        last = (await store.of(DEFAULT_ORGANIZATION).timeline(lost.id))[-1]
        assert await store.of(DEFAULT_ORGANIZATION).timeline_last(lost.id, "turn") == TimelineEntry(
            lost.id, 2, 10_000, "turn", {}
        )
        assert await store.of(DEFAULT_ORGANIZATION).timeline_last(lost.id, "tool") is None
        assert await store.of(DEFAULT_ORGANIZATION).timeline_last("no uuid", "turn") is None
        assert (last.seq, last.at_ms, last.kind) == (3, 10_000, "call.ended")
        assert await store.of(DEFAULT_ORGANIZATION).get_call(done.id) == done
        assert await store.of(DEFAULT_ORGANIZATION).get_call(own.id) == own
        assert await store.end_lost_calls("worker-b", LATER) == 0


async def test_calls_of_a_living_worker_are_spared_until_it_is_gone(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresCallStore(postgres)
        await store.save_call(call_row())
        async with hold_presence(postgres, "worker-a"):
            assert await store.end_lost_calls("worker-b", LATER) == 0
        assert await store.end_lost_calls("worker-b", LATER) == 1


async def test_an_owner_that_was_alive_after_all_puts_its_row_right(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresCallStore(postgres)
        await store.save_call(call_row())
        await store.end_lost_calls("worker-b", LATER)
        await store.save_call(replace(call_row(), updated_at=LATER))
        assert await store.of(DEFAULT_ORGANIZATION).get_call(call_row().id) == replace(
            call_row(), updated_at=LATER
        )
