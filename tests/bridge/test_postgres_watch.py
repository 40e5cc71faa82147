"""A database that is away is noticed within a second, whatever the way in which it is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.errors import StoreError
from tests.kit.outbox_world import until
from tests.kit.tcp_proxy import TcpProxy, Way, open_postgres_proxy

pytestmark = pytest.mark.live
BOUND_S = 10.0  # asyncpg's own limits are 10 and 15 s


@asynccontextmanager
async def through_a_proxy(url: str, connections: int = 4) -> AsyncIterator[tuple[TcpProxy, Postgres]]:
    async with (
        open_postgres_proxy(url) as (proxy, through),
        open_asyncio_loop() as loop,
        open_postgres(loop, through, max_connections=connections) as postgres,
    ):
        yield proxy, postgres


@pytest.mark.parametrize("way", [Way.STALLED, Way.REFUSED])
async def test_everything_under_way_fails_and_what_follows_is_refused_at_once(
    postgres_url: str, way: Way
) -> None:
    failed: list[StoreError] = []

    async def ask(postgres: Postgres) -> None:
        with pytest.raises(StoreError) as caught:
            await postgres.system().fetch("select pg_sleep(30)")
        failed.append(caught.value)

    async with through_a_proxy(postgres_url) as (proxy, postgres):
        async with postgres.session() as session:
            with trio.fail_after(BOUND_S):
                async with trio.open_nursery() as nursery:
                    for _ in range(5):  # one more than there are connections
                        nursery.start_soon(ask, postgres)
                    await trio.sleep(0.1)
                    await proxy.turn(way)
            with pytest.raises(StoreError), trio.fail_after(BOUND_S):
                await session.fetch("select 1")
        await until(lambda: not postgres.answers, BOUND_S)
        assert all(error.retryable for error in failed)
        began = trio.current_time()
        for _ in range(100):
            with pytest.raises(StoreError):
                await postgres.system().fetch("select 1")
        assert trio.current_time() - began < BOUND_S
        await proxy.turn(Way.OPEN)
        await until(lambda: postgres.answers, BOUND_S)
        assert (await postgres.system().fetch("select 1 as one"))[0]["one"] == 1
        assert postgres.outages == 1


async def test_a_slow_statement_is_not_taken_for_a_database_that_is_away(postgres_url: str) -> None:
    async with through_a_proxy(postgres_url, connections=1) as (_proxy, postgres):
        await postgres.system().fetch("select pg_sleep(1.5)")
        async with postgres.system().transaction() as session:
            await session.fetch("select pg_sleep(1.2)")
        assert postgres.outages == 0


async def test_connections_that_are_half_open_are_replaced(postgres_url: str) -> None:
    async with through_a_proxy(postgres_url) as (proxy, postgres):
        async with postgres.session() as one, postgres.session() as two:
            await one.fetch("select 1")
            await two.fetch("select 1")
        proxy.forget()
        with pytest.raises(StoreError) as caught, trio.fail_after(BOUND_S):
            await postgres.system().fetch("select 1")
        assert caught.value.retryable
        with trio.fail_after(BOUND_S):
            for _ in range(4):
                await postgres.system().fetch("select 1")
        assert postgres.outages == 0
