"""The asyncpg facade: errors, transactions, cancellation, tasks that did not inherit the loop."""

from __future__ import annotations

import gc
import os
import signal

import pytest
import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import open_postgres
from aywa.errors import StoreError
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live


async def test_an_unreachable_database_is_a_retryable_store_error(tmp_path) -> None:  # type: ignore[no-untyped-def]
    async with open_asyncio_loop() as loop:
        with pytest.raises(StoreError) as caught:
            async with open_postgres(loop, f"postgresql://aywa@/aywa?host={tmp_path}"):
                pass
    assert caught.value.retryable


async def test_a_refused_statement_says_its_state_and_never_the_values(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        system = postgres.system()
        await system.execute("create table t (secret text primary key)")
        await system.execute("insert into t values ($1)", "hunter2")
        with pytest.raises(StoreError, match="23505") as caught:
            await system.execute("insert into t values ($1)", "hunter2")
    assert "hunter2" not in str(caught.value)
    assert not caught.value.retryable


async def test_a_transaction_is_rolled_back_when_its_block_raises(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        system = postgres.system()
        await system.execute("create table t (n int)")
        with pytest.raises(StoreError):
            async with system.transaction() as session:
                await session.execute("insert into t values (1); select 1 / 0")
        async with system.transaction() as session:
            await session.executemany("insert into t values ($1)", [(2,), (3,)])
        assert [row["n"] for row in await system.fetch("select n from t order by n")] == [2, 3]


async def test_a_cancelled_query_gives_its_connection_back(postgres_url: str) -> None:
    async with (
        open_asyncio_loop() as loop,
        open_postgres(loop, postgres_url, max_connections=1) as postgres,
    ):
        with trio.move_on_after(0.05) as scope:
            await postgres.fetch("select pg_sleep(60)")
        assert scope.cancelled_caught
        with trio.fail_after(5):
            assert (await postgres.fetch("select 1 as one"))[0]["one"] == 1
        with trio.move_on_after(0.05):
            async with postgres.system().transaction() as session:
                await session.fetch("select pg_sleep(60)")
        with trio.fail_after(5):
            assert (await postgres.fetch("select 1 as one"))[0]["one"] == 1


async def test_a_task_from_outside_the_loop_may_ask(postgres_url: str) -> None:
    answers: list[int] = []
    go, asked = trio.Event(), trio.Event()
    holder: list[object] = []

    async def ask() -> None:
        await go.wait()
        answers.append((await holder[0].fetch("select 7 as n"))[0]["n"])  # type: ignore[attr-defined]
        asked.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)  # copies a context that knows no asyncio loop
        async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url) as postgres:
            holder.append(postgres)
            go.set()
            await asked.wait()
    assert answers == [7]


async def test_a_connection_that_cannot_be_given_back_in_time_ends_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server process that stands still while its session is left: both sides give up in the same moment,
    and nobody is left to hear of it."""
    monkeypatch.setattr("aywa.bridge.postgres._GOODBYE_S", 0.2)
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        async with postgres.session() as session:
            (row,) = await session.fetch("select pg_backend_pid() as pid")
            os.kill(row["pid"], signal.SIGSTOP)
        try:
            with trio.fail_after(30):
                await trio.sleep(0.5)
                gc.collect()
                await trio.sleep(0.1)
                assert (await postgres.fetch("select 1 as one"))[0]["one"] == 1
        finally:
            os.kill(row["pid"], signal.SIGCONT)
