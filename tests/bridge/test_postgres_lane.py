"""The connection that is kept open: what it leaves behind, and how it comes back."""

from __future__ import annotations

import pytest
import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import open_postgres
from aywa.errors import StoreError
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live
INSERT = "insert into t values ($1)"


async def test_it_goes_on_after_what_fails_and_after_a_break(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        system = postgres.system()
        await system.execute("create table t (n int primary key)")
        lane = postgres.system_lane()
        await lane.executemany(INSERT, [(1,), (2,)])
        with pytest.raises(StoreError, match="23505"):
            await lane.executemany(INSERT, [(3,), (1,)])
        await lane.executemany(INSERT, [(4,)])
        await system.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'insert into t%'"
        )
        with pytest.raises(StoreError) as caught:
            await lane.executemany(INSERT, [(5,)])
        assert caught.value.retryable
        await lane.executemany(INSERT, [(6,)])
        assert [row["n"] for row in await system.fetch("select n from t order by n")] == [1, 2, 4, 6]
        await lane.close()


async def test_its_role_does_not_get_into_the_pool(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url):
        pass  # the role exists from now on
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url, max_connections=1) as postgres:
        lane = postgres.system_lane()
        for _ in range(2):
            await lane.executemany("select set_config('aywa.seen', $1, false)", [("yes",)])
            await lane.close()
            await lane.close()
            row = (
                await postgres.fetch("select current_user as role, current_setting('aywa.org_id') as org")
            )[0]
            assert (row["role"], row["org"]) == ("aywa_tenant", "none")


async def test_a_cancelled_statement_holds_nobody_up(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        lane = postgres.system_lane()
        with trio.move_on_after(0.1) as scope:
            await lane.executemany("select pg_sleep($1)", [(60.0,)])
        assert scope.cancelled_caught
        with trio.fail_after(5):
            await lane.executemany("select pg_sleep($1)", [(0.0,)])
        await lane.close()
