"""One connection for whole tables: COPY out of and into the database, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.bridge.postgres_session import Row, run

_CONNECT_S = 10.0
_BEGIN = "begin {mode}; set local role none; set local aywa.org_id = 'system'"


class TableCopy:
    """Sees every organisation's rows. All methods raise `StoreError`."""

    def __init__(self, loop: AsyncioLoop, connection: Any) -> None:
        self._loop = loop
        self._connection = connection

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement, or a script of many when there are no arguments."""
        tag: str = await run(self._loop, self._connection.execute, sql, *arguments)
        return tag

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """Run a query and return its rows."""
        rows: Sequence[Row] = await run(self._loop, self._connection.fetch, sql, *arguments)
        return rows

    async def copy_out(self, query: str, write: Callable[[bytes], object]) -> int:
        """Rows in COPY's text format, in pieces to `write`, which must be quick; how many rows."""

        async def take(data: bytes) -> None:
            write(data)

        return _count(await run(self._loop, self._copy_out, query, take))

    async def copy_in(self, table: str, columns: Sequence[str], pieces: Iterable[bytes]) -> int:
        """Rows in COPY's text format into a table; how many."""

        async def give() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        return _count(await run(self._loop, self._copy_in, table, list(columns), give()))

    async def _copy_out(self, query: str, take: Callable[[bytes], Any]) -> str:
        tag: str = await self._connection.copy_from_query(query, output=take, format="text")
        return tag

    async def _copy_in(self, table: str, columns: list[str], pieces: AsyncIterator[bytes]) -> str:
        tag: str = await self._connection.copy_to_table(table, source=pieces, columns=columns, format="text")
        return tag


@asynccontextmanager
async def open_table_copy(loop: AsyncioLoop, url: str, *, writes: bool) -> AsyncIterator[TableCopy]:
    """A transaction that sees one moment; committed when the block is left, gone when it raises."""
    connection = await run(loop, _connect, url)
    copy = TableCopy(loop, connection)
    try:
        await copy.execute(_BEGIN.format(mode="" if writes else "isolation level repeatable read read only"))
        yield copy
        await copy.execute("commit")
    finally:
        connection.terminate()


async def _connect(url: str) -> Any:
    return await asyncpg.connect(url, timeout=_CONNECT_S)


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
