"""The ledger of tools: once over retries, over processes, and over kills at random instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.tool_ledger import Intent, Known, Outcome
from aywa.store.tool_ledger import PostgresToolLedger
from tests.kit.postgres import open_clean_postgres
from tests.kit.tool_kills import expected_orders, kill_workers

pytestmark = pytest.mark.live
NOW = datetime(2026, 5, 1, tzinfo=UTC)
CALL = str(UUID(int=77))
INTENT = Intent(DEFAULT_ORGANIZATION, CALL, "k1", "t1", "p1", 1, "order", "w1", NOW)
KILLS, CALLS = 24, 12  # in all runs of CI; the bench kills 200


async def test_of_two_the_first_runs_and_the_second_is_told(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_, postgres):
        ledger = PostgresToolLedger(postgres)
        assert await ledger.begin(INTENT) is None
        assert await ledger.begin(INTENT) == Known("k1", None, None), "nobody knows yet"
        await ledger.finish(INTENT, Outcome.DONE, '{"result": 1}', NOW)
        await ledger.finish(INTENT, Outcome.UNKNOWN, "later", NOW)
        known = Known("k1", Outcome.DONE, '{"result": 1}')
        assert await ledger.begin(INTENT) == known, "what is known first stays"
        again = replace(INTENT, key="k2", tool_call_id="t2")
        assert await ledger.begin(again) == known, "the same in the same turn of the caller"
        assert await ledger.begin(replace(again, user_turn=2)) is None, "another turn is another order"
        other = replace(INTENT, key="k3", print="p3")
        assert await ledger.begin(other) is None
        assert await ledger.begin(replace(INTENT, call_id=str(UUID(int=78)))) is None


async def test_what_has_not_left_may_be_tried_again(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_, postgres):
        ledger = PostgresToolLedger(postgres)
        assert await ledger.begin(INTENT) is None
        await ledger.withdraw(INTENT)
        assert await ledger.begin(INTENT) is None
        await ledger.finish(INTENT, Outcome.DONE, "{}", NOW)
        await ledger.withdraw(INTENT)
        assert await ledger.begin(INTENT) == Known("k1", Outcome.DONE, "{}"), "done is done"


async def test_an_order_is_carried_out_at_most_once_over_kills(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_, postgres):
        count = await kill_workers(postgres, postgres_url, KILLS, calls=CALLS, seed=7)
    assert count.kills == KILLS
    assert set(count.executed.values()) == {1}, "nothing twice"
    orders = expected_orders(CALLS)
    assert len(count.results) == orders, "every one was meant"
    done = {key for key, (outcome, _) in count.results.items() if outcome == "done"}
    assert done <= count.executed.keys(), "no result of what was not done"
    unknown = {key for key, (outcome, _) in count.results.items() if outcome is None}
    assert count.executed.keys() - done <= unknown, "what was done and has no result is known to be unknown"
    assert all("ordered" in str(count.results[key][1]) for key in done), "no result is lost"
    print(f"{count.kills} kills: {orders} orders, {len(count.executed)} executed, {len(unknown)} unknown")
    assert len(done) > orders // 2
    assert unknown, "no kill met a request that was under way: the test shows nothing"
