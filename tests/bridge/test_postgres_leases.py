"""Connections kept out of the pool: given back as they came, never in the way of others, never stale."""

from __future__ import annotations

from uuid import UUID

import pytest
import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.errors import StoreError

pytestmark = pytest.mark.live
ORG, OTHER = UUID(int=1), UUID(int=2)
WHOSE = "select current_setting('aywa.org_id') as org, pg_backend_pid() as pid"


async def whose(scope: object, method: str = "read") -> tuple[str, int]:
    rows = await getattr(scope, method)(WHOSE)
    return str(rows[0]["org"]), int(rows[0]["pid"])


async def test_a_read_sees_its_organisation_and_leaves_nothing_behind(postgres_url: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url, max_connections=2) as postgres:
        first, pid = await whose(postgres.tenant(ORG))
        assert first == str(ORG)
        assert await whose(postgres.tenant(OTHER)) == (str(OTHER), pid)  # over the same connection
        assert (await whose(postgres.tenant(ORG), "fetch")) == (str(ORG), pid)
        async with postgres.tenant(OTHER).transaction() as session:
            rows = await session.fetch(WHOSE)
            assert (rows[0]["org"], rows[0]["pid"]) == (str(OTHER), pid)
        assert (await whose(postgres, "fetch"))[0] == "none"


async def test_a_read_keeps_the_order_of_its_query_and_its_arguments(postgres_url: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url) as postgres:
        sql = "select n from generate_series(1, $1::int) as n where n > $2::int order by n desc limit 3"
        rows = await postgres.tenant(ORG).read(sql, 1000, 10)
        assert [row["n"] for row in rows] == [1000, 999, 998]


async def test_what_fails_in_a_transaction_is_rolled_back_before_the_connection_serves_again(
    postgres_url: str,
) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url, max_connections=2) as postgres:
        tenant = postgres.tenant(ORG)
        for _ in range(5):  # more often than there are connections
            with pytest.raises(StoreError):
                await tenant.read("select 1 / $1::int as n", 0)
            with pytest.raises(StoreError):
                async with tenant.transaction() as session:
                    await session.fetch("select 1 / 0 as n")
            with pytest.raises(RuntimeError, match="of its own"):
                await _raise_within(postgres)
        assert (await whose(tenant))[0] == str(ORG)
        assert (await whose(postgres, "fetch"))[0] == "none"


async def _raise_within(postgres: Postgres) -> None:
    async with postgres.tenant(ORG).transaction() as session:
        await session.fetch(WHOSE)
        raise RuntimeError("of its own")


async def test_a_script_is_not_kept(postgres_url: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url, max_connections=2) as postgres:
        await postgres.tenant(ORG).execute("set aywa.org_id = 'left behind'")
        async with postgres.tenant(ORG).transaction() as session:
            await session.execute("set aywa.trace = 'behind'")
        assert (await whose(postgres, "fetch"))[0] == "none"
        rows = await postgres.tenant(ORG).read("select current_setting('aywa.trace', true) as found")
        assert not rows[0]["found"]


async def test_many_at_once_are_all_answered_by_few_connections(postgres_url: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url, max_connections=2) as postgres:
        answered = []

        async def ask(org: UUID) -> None:
            async with postgres.tenant(org).transaction() as session:
                await session.fetch(WHOSE)
            assert (await whose(postgres.tenant(org)))[0] == str(org)
            assert (await whose(postgres, "fetch"))[0] == "none"
            answered.append(org)

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                for number in range(30):
                    nursery.start_soon(ask, UUID(int=number + 1))
        assert len(answered) == 30


async def test_a_connection_that_broke_while_it_was_kept_is_not_given_out(postgres_url: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url, max_connections=2) as postgres:
        _, pid = await whose(postgres.tenant(ORG))
        async with postgres.session() as session:
            await session.execute("reset role")
            await session.fetch("select pg_terminate_backend($1, 5000)", pid)
        org, other = await whose(postgres.tenant(ORG))
        assert (org, other != pid) == (str(ORG), True)
        await postgres.renew()
        assert (await whose(postgres.tenant(ORG)))[1] != other
