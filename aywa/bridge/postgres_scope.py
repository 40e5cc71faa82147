"""Whose rows statements see: one organisation's, or all of them for work on the whole system."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol

import asyncpg

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.bridge.postgres_session import Row, Session, cut, run, use
from aywa.bridge.postgres_watch import Watch

CONNECT_TIMEOUT_S = 10.0
_Step = tuple[str, tuple[object, ...]]  # asyncpg's method, and what it is given


class _Pool(Protocol):
    """What a scope needs of `Postgres`."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """A connection of one's own."""


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
        self, loop: AsyncioLoop, watch: Watch, asyncpg_pool: Any, pool: _Pool, prologue: str
    ) -> None:
        self._loop = loop
        self._watch = watch
        self._asyncpg_pool = asyncpg_pool
        self._pool = pool
        self._begin = f"begin; {prologue}"

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement and return its command tag, or a script of many when there are no arguments."""
        tag: str = await self._run("execute", sql, *arguments)
        return tag

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run a query and return its rows."""
        rows: Sequence[Row] = await self._run("fetch", sql, *arguments)
        return rows

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments, as one transaction."""
        await self._run("executemany", sql, rows)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A transaction: committed when the block is left, rolled back when it raises."""
        async with self._pool.session() as session:
            try:
                await session.execute(self._begin)
                yield session
                await session.execute("commit")
            except BaseException:
                # Closing the connection rolls back whatever state it is in. A ROLLBACK would have to wait for
                # the cancellation of the statement that this task was just cancelled in.
                session.abandon()
                raise

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
        async with (
            self._watch.operation() as operation,
            self._asyncpg_pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection,
        ):
            use(operation, connection)
            result = None
            try:
                await connection.execute(self._begin)
                for method, arguments in steps:
                    result = await getattr(connection, method)(*arguments)
                await connection.execute("commit")
            except asyncpg.PostgresError:
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    await connection.execute("rollback")
                raise
            except BaseException:
                cut(connection)
                raise
            return result
