"""asyncpg's pool as Trio coroutines; every failure comes out as `StoreError`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import asyncpg
import trio

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.errors import StoreError

_T = TypeVar("_T")

CONNECT_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 15.0  # a query of ours takes milliseconds; this one is stuck behind a lock
_GOODBYE_S = 3.0  # for closing connections while the process is being cancelled

# Classes of SQLSTATE (PostgreSQL appendix A) after which the same statement may succeed if it is tried again.
_RETRYABLE_STATES = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "53300",  # too_many_connections
        "55P03",  # lock_not_available
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
    }
)


class Row(Protocol):
    """A row of a result: values by column name."""

    def __getitem__(self, column: str) -> Any:
        """The value of this column."""


class Session:
    """One connection, for a transaction or for as long as a lock is held. Not for two tasks at once."""

    def __init__(self, loop: AsyncioLoop, connection: Any) -> None:
        self._loop = loop
        self._connection = connection

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement and return its command tag, or a script of many when there are no arguments."""
        tag: str = await _run(self._loop, self._connection.execute, sql, *arguments)
        return tag

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run a query and return its rows."""
        rows: Sequence[Row] = await _run(self._loop, self._connection.fetch, sql, *arguments)
        return rows

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments, as one transaction."""
        await _run(self._loop, self._connection.executemany, sql, rows)

    def abandon(self) -> None:
        """Close the connection at once; the pool makes a new one when it is next asked."""
        self._connection.terminate()


class Postgres:
    """A pool of connections. Methods may be called by any number of tasks; all raise `StoreError`."""

    def __init__(self, loop: AsyncioLoop, pool: Any) -> None:
        self._loop = loop
        self._pool = pool

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement and return its command tag, or a script of many when there are no arguments."""
        tag: str = await _run(self._loop, self._pool.execute, sql, *arguments)
        return tag

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run a query and return its rows."""
        rows: Sequence[Row] = await _run(self._loop, self._pool.fetch, sql, *arguments)
        return rows

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments, as one transaction."""
        await _run(self._loop, self._pool.executemany, sql, rows)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A connection of one's own; session-level locks end with the block."""
        connection = await _run(self._loop, _acquire, self._pool)
        try:
            yield Session(self._loop, connection)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _GOODBYE_S):
                await self._loop.run(_release, self._pool, connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A transaction: committed when the block is left, rolled back when it raises."""
        async with self.session() as session:
            await session.execute("begin")
            try:
                yield session
                await session.execute("commit")
            except BaseException:
                # Closing the connection rolls back whatever state it is in. A ROLLBACK would have to wait for
                # the cancellation of the statement that this task was just cancelled in.
                session.abandon()
                raise


@asynccontextmanager
async def open_postgres(loop: AsyncioLoop, url: str, *, max_connections: int = 10) -> AsyncIterator[Postgres]:
    """Connect to the database at `url`. Raises `StoreError` when it cannot be reached."""
    pool = await _run(loop, _create_pool, url, max_connections)
    try:
        yield Postgres(loop, pool)
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _GOODBYE_S):
            await loop.run(_close_pool, pool)


async def _run(loop: AsyncioLoop, function: Any, *arguments: object) -> Any:
    try:
        return await loop.run(function, *arguments)
    except asyncpg.PostgresError as error:
        raise _translate(error) from error
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError) as error:
        # no connection, or one that broke: another one may do
        raise StoreError(f"database not reachable ({type(error).__name__})", retryable=True) from error


def _translate(error: asyncpg.PostgresError) -> StoreError:
    """The SQLSTATE and its name, never the message: that may quote the values of a row."""
    state = str(getattr(error, "sqlstate", None) or "")
    retryable = state in _RETRYABLE_STATES or state.startswith("08")  # class 08: connection exceptions
    return StoreError(
        f"database refused ({type(error).__name__} {state})".rstrip(), retryable=retryable, state=state
    )


async def _create_pool(url: str, max_connections: int) -> Any:
    pool = await asyncpg.create_pool(
        url,
        min_size=0,  # keeping a floor up, asyncpg writes tracebacks while the database is down
        max_size=max_connections,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        init=_prepare_connection,
        server_settings={
            "application_name": "aywa",
            # A host that lost its power sends no FIN: let the server notice within 25 s, so that the locks
            # which say "this worker lives" end with the worker. Ignored on Unix sockets.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )
    try:
        await pool.execute("select 1")
    except BaseException:
        pool.terminate()
        raise
    return pool


async def _prepare_connection(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _acquire(pool: Any) -> Any:
    return await pool.acquire(timeout=CONNECT_TIMEOUT_S)


async def _release(pool: Any, connection: Any) -> None:
    try:
        await pool.release(connection, timeout=_GOODBYE_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        connection.terminate()  # a connection that cannot even be reset is of no use to the pool


async def _close_pool(pool: Any) -> None:
    try:
        await asyncio.wait_for(pool.close(), _GOODBYE_S / 2)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        pool.terminate()
