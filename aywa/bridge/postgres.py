"""asyncpg's pool as Trio coroutines; every failure comes out as `StoreError`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import trio

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.bridge.postgres_lane import Lane
from aywa.bridge.postgres_scope import CONNECT_TIMEOUT_S, Scope, Script
from aywa.bridge.postgres_session import Row, Session, cut, know_pid, run, use
from aywa.bridge.postgres_watch import PROBE_S, Watch, WatchState
from aywa.errors import StoreError

__all__ = ["Lane", "Postgres", "Row", "Scope", "Script", "Session", "open_postgres"]

COMMAND_TIMEOUT_S = 15.0  # a query of ours takes milliseconds; this one is stuck behind a lock
_GOODBYE_S = 3.0  # for closing connections while the process is being cancelled

# The role that row-level security binds and the setting that its policies read: see 007_tenants.sql. A
# connection begins with both, and RESET ALL, when it goes back to the pool, takes it back to them.
_ROLE = "aywa_tenant"
_SYSTEM = "set local role none; set local aywa.org_id = 'system'"
_TAKE_ROLE = f"""
select set_config('role', rolname, false) from pg_roles
where rolname = '{_ROLE}' and pg_has_role(current_user, oid, $1)
"""
# An idle process has not been asked what we wait for; `state_change` spares the moment between statements.
_AT_WORK = """
select pid from pg_stat_activity
where pid = any ($1::int[]) and (state not like 'idle%' or state_change > now() - interval '0.3 s')
"""
_PROBE_SETTINGS = {"application_name": "aywa-watch", "aywa.org_id": "none"}


class Postgres:
    """A pool of connections. Methods may be called by any number of tasks; all raise `StoreError`.

    Its own statements see no tenant's row and no table that tenants do not read: what has forgotten to say
    whose rows it wants finds none. `tenant` and `system` say it.
    """

    def __init__(self, loop: AsyncioLoop, pool: Any, watch: Watch) -> None:
        self._loop = loop
        self._pool = pool
        self._watch = watch
        self._system = Scope(loop, watch, pool, self, _SYSTEM)

    @property
    def answers(self) -> bool:
        """False while statements are refused at once, because the database does not answer."""
        return self._watch.state is WatchState.ANSWERS

    @property
    def outages(self) -> int:
        """How often it was away so far."""
        return self._watch.outages

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement and return its command tag, or a script of many when there are no arguments."""
        tag: str = await run(self._loop, self._ask, "execute", sql, *arguments)
        return tag

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run a query and return its rows."""
        rows: Sequence[Row] = await run(self._loop, self._ask, "fetch", sql, *arguments)
        return rows

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments, as one transaction."""
        await run(self._loop, self._ask, "executemany", sql, rows)

    async def _ask(self, method: str, *arguments: object) -> Any:
        async with (
            self._watch.operation() as operation,
            self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection,
        ):
            use(operation, connection)
            try:
                return await getattr(connection, method)(*arguments)
            except asyncpg.PostgresError:
                raise
            except BaseException:
                cut(connection)
                raise

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A connection of one's own; session-level locks end with the block."""
        connection = await run(self._loop, _acquire, self._pool, self._watch)
        try:
            yield Session(self._loop, self._watch, connection)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _GOODBYE_S):
                await self._loop.run(_release, self._pool, connection)

    def tenant(self, org_id: UUID) -> Scope:
        """Statements that see the rows of this organisation, and can write no other's."""
        # an id that is a UUID needs no quoting
        return Scope(self._loop, self._watch, self._pool, self, f"set local aywa.org_id = '{org_id}'")

    def system(self) -> Scope:
        """Statements that see every organisation's rows: for work that nobody's request asks for."""
        return self._system

    def system_lane(self) -> Lane:
        """A connection that sees every organisation's rows, for statements that are not to wait for one."""
        return Lane(self, _SYSTEM.replace("local ", ""))

    async def renew(self) -> None:
        """Have every connection made anew before it is next used: the roles of the database have changed."""
        await run(self._loop, self._pool.expire_connections)


@asynccontextmanager
async def open_postgres(loop: AsyncioLoop, url: str, *, max_connections: int = 10) -> AsyncIterator[Postgres]:
    """Connect to the database at `url`. Raises `StoreError` when it cannot be reached."""
    pool = await run(loop, _create_pool, url, max_connections)
    watch, watching = await loop.run(_begin_watching, url, pool)
    try:
        yield Postgres(loop, pool, watch)
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _GOODBYE_S):
            await loop.run(_close_pool, pool, watch, watching)


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
            "aywa.org_id": "none",
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
    privilege = "set" if connection.get_server_version().major >= 16 else "member"
    know_pid(connection, await connection.fetchval("select pg_backend_pid()"))
    await connection.execute(_TAKE_ROLE, privilege)


async def _begin_watching(url: str, pool: Any) -> tuple[Watch, asyncio.Task[None]]:
    async def probe(pids: Sequence[int]) -> Sequence[int]:
        try:
            connection = await asyncpg.connect(url, timeout=PROBE_S * 4, server_settings=_PROBE_SETTINGS)
            try:
                return [row["pid"] for row in await connection.fetch(_AT_WORK, list(pids))]
            finally:
                connection.terminate()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise StoreError(f"no answer ({type(error).__name__})", retryable=True) from error

    watch = Watch(probe, pool.expire_connections)
    return watch, asyncio.ensure_future(watch.serve())


async def _acquire(pool: Any, watch: Watch) -> Any:
    async with watch.operation():
        return await pool.acquire(timeout=CONNECT_TIMEOUT_S)


async def _release(pool: Any, connection: Any) -> None:
    try:
        await pool.release(connection, timeout=_GOODBYE_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        connection.terminate()  # a connection that cannot even be reset is of no use to the pool


async def _close_pool(pool: Any, watch: Watch, watching: asyncio.Task[None]) -> None:
    watching.cancel()
    if watch.state is WatchState.AWAY:
        pool.terminate()
        return
    try:
        await asyncio.wait_for(pool.close(), _GOODBYE_S / 2)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        pool.terminate()
