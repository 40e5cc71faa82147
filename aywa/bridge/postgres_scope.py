"""Whose rows statements see: one organisation's, or all of them for work on the whole system."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import trio

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.bridge.postgres_leases import Leases
from aywa.bridge.postgres_session import Row, Session, cut, run, use
from aywa.bridge.postgres_watch import Watch

_Step = tuple[str, tuple[object, ...]]  # asyncpg's method, and what it is given
_GOODBYE_S = 3.0  # for giving a connection back while the task is being cancelled
# The setting ends with the statement, which is a transaction of its own. It stands before the query begins: a
# lateral query that goes by a column runs once there is a row to go by, and `offset 0` keeps the planner from
# taking the three apart. Were it otherwise, the query would find no row at all. One outer row: the query's
# order stays.
_READ = """
select found.* from (select set_config('aywa.org_id', ${number}::text, true) as org offset 0) as scope
cross join lateral (select asked.* from (
{sql}
) as asked where scope.org is not null offset 0) as found
"""


class Script:
    """Statements for one transaction, in their order: nothing is sent before all of them are there."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []

    async def execute(self, sql: str, *arguments: object) -> None:
        """Add a statement."""
        self.steps.append(("execute", (sql, *arguments)))

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Add a statement that is run once for each row of arguments."""
        self.steps.append(("executemany", (sql, rows)))


class Scope:
    """Statements as transactions that begin with `prologue`.

    Any number of tasks may use it; all methods raise `StoreError`. The prologue is sent with BEGIN as one
    message and holds for the transaction only, so a connection goes back to the pool as it came.
    """

    def __init__(
        self,
        loop: AsyncioLoop,
        watch: Watch,
        leases: Leases,
        prologue: str,
        org_id: UUID | None = None,
    ) -> None:
        self._loop = loop
        self._watch = watch
        self._leases = leases
        self._begin = f"begin; {prologue}"
        self._org_id = None if org_id is None else str(org_id)

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement and return its command tag, or a script of many when there are no arguments."""
        tag: str = await self._run("execute", sql, *arguments)
        return tag

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run a query and return its rows."""
        rows: Sequence[Row] = await self._run("fetch", sql, *arguments)
        return rows

    async def read(self, sql: str, *arguments: object) -> Sequence[Row]:
        """As `fetch`, for one SELECT that changes nothing: a single round trip for an organisation."""
        if self._org_id is None:
            return await self.fetch(sql, *arguments)
        wrapped = _reading(sql, len(arguments) + 1)
        rows: Sequence[Row] = await run(self._loop, self._ask, wrapped, *arguments, self._org_id)
        return rows

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments, as one transaction."""
        await self._run("executemany", sql, rows)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A transaction: committed when the block is left, rolled back when it raises."""
        session = Session(self._loop, self._watch, await run(self._loop, self._open))
        try:
            yield session
            await run(self._loop, self._commit, session)
        except BaseException:
            # Closing the connection rolls back whatever state it is in. A ROLLBACK would have to wait for the
            # cancellation of the statement that this task was just cancelled in.
            session.abandon()
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _GOODBYE_S):
                await self._loop.run(self._leases.release, session.connection)
            raise

    async def _open(self) -> Any:
        """A connection on which the transaction has begun."""
        async with self._watch.operation() as operation:
            connection = await self._leases.take()
            use(operation, connection)
            try:
                await connection.execute(self._begin)
            except BaseException:
                cut(connection)
                await self._leases.release(connection)
                raise
            return connection

    async def _commit(self, session: Session) -> None:
        async with self._watch.operation() as operation:
            use(operation, session.connection)
            await session.connection.execute("commit")
        await (self._leases.release if session.scripted else self._leases.give)(session.connection)

    async def _on_connection(self, ask: Callable[[Any], Awaitable[Any]], *, scripted: bool = False) -> Any:
        """What `ask` says over a connection, all of it on asyncio's side."""
        async with self._watch.operation() as operation:
            connection = await self._leases.take()
            use(operation, connection)
            try:
                result = await ask(connection)
            except asyncpg.PostgresError:
                scripted = True
                raise
            except BaseException:
                cut(connection)
                scripted = True
                raise
            finally:
                await (self._leases.release if scripted else self._leases.give)(connection)
            return result

    async def _ask(self, sql: str, *arguments: object) -> Any:
        async def ask(connection: Any) -> Any:
            return await connection.fetch(sql, *arguments)

        return await self._on_connection(ask)

    @asynccontextmanager
    async def script(self) -> AsyncIterator[Script]:
        """Collects statements whose results nobody needs; leaving the block runs them as one transaction."""
        script = Script()
        yield script
        if script.steps:
            await run(self._loop, self._transact, script.steps)

    async def _run(self, method: str, *arguments: object) -> Any:
        return await run(self._loop, self._transact, [(method, arguments)])

    async def _transact(self, steps: Sequence[_Step]) -> Any:
        """The whole transaction on asyncio's side: crossing over costs more than a statement does."""

        async def ask(connection: Any) -> Any:
            result = None
            await connection.execute(self._begin)
            try:
                for method, arguments in steps:
                    result = await getattr(connection, method)(*arguments)
                await connection.execute("commit")
            except asyncpg.PostgresError:
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    await connection.execute("rollback")
                raise
            return result

        scripted = any(method == "execute" and len(arguments) == 1 for method, arguments in steps)
        return await self._on_connection(ask, scripted=scripted)


@cache
def _reading(sql: str, number: int) -> str:
    """The query with the organisation as its argument of this number."""
    return _READ.format(sql=sql, number=number)
