"""A connection that is kept open for short statements somebody waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

import trio

from aywa.bridge.postgres_session import Session


class _Pool(Protocol):
    """What a lane needs of `Postgres`."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """A connection of one's own."""


class Lane:
    """One connection of the pool's, for one statement at a time; made anew after whatever fails.

    A statement is one message there and one back: `prologue` was sent when the connection was opened, and
    each statement is its own transaction. Close it before the pool. All methods but `close` raise
    `StoreError`.
    """

    def __init__(self, pool: _Pool, prologue: str) -> None:
        self._pool = pool
        self._prologue = prologue
        self._turn = trio.Lock()
        self._session: Session | None = None
        self._stack = AsyncExitStack()

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments, as one transaction."""
        async with self._turn:
            try:
                if self._session is None:
                    self._session = await self._stack.enter_async_context(self._pool.session())
                    await self._session.execute(self._prologue)
                await self._session.executemany(sql, rows)
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Give the connection up; the next statement opens another."""
        session, self._session = self._session, None
        if session is not None:
            session.abandon()  # whose role it has must not get back into the pool
            await self._stack.aclose()
