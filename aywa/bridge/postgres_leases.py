"""Connections that are kept out of the pool for a moment: the next statement takes one without a word.

To take a connection from asyncpg's pool and to give it back costs more than a statement does: three tasks of
asyncio's and a round trip for RESET. Who has left nothing behind on a connection gives it here instead.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import asyncpg

IDLE_S = 1.0  # then it goes back to the pool
CONNECT_TIMEOUT_S = 10.0
_RELEASE_S = 3.0
_clean: WeakSet[Any] = WeakSet()  # connections of asyncpg's that nothing was left behind on


async def reset(connection: Any) -> None:
    """Before the pool gives it to somebody else."""
    if connection in _clean:
        _clean.discard(connection)
    else:
        await connection.execute(connection.get_reset_query())


class Leases:
    """On asyncio's side, for one pool. Half of its connections are always left to others."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._most = pool.get_max_size() // 2
        self._free: list[tuple[Any, float]] = []  # and since when; the last is the warmest
        self._waiting = 0  # for the pool: who waits there goes before who comes later
        self._generation = 0
        self._generations: dict[Any, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._releasing: set[asyncio.Task[None]] = set()

    async def take(self) -> Any:
        """A connection: `give` it back, or `release` it. Raises what asyncpg's pool raises."""
        while self._free:
            connection, _ = self._free.pop()
            if not _is_gone(connection):
                return connection
            await self.release(connection)
        self._waiting += 1
        try:
            connection = await self._pool.acquire(timeout=CONNECT_TIMEOUT_S)
        finally:
            self._waiting -= 1
        self._generations[connection] = self._generation
        return connection

    async def give(self, connection: Any) -> None:
        """It is as it was when it was taken: nothing that was said over it outlives its transaction."""
        fresh = self._generations.get(connection) == self._generation
        gone = _is_gone(connection)
        if self._waiting or len(self._free) >= self._most or not fresh or gone:
            if not gone:
                _clean.add(connection._con)
            await self.release(connection)
            return
        loop = asyncio.get_running_loop()
        self._free.append((connection, loop.time()))
        if self._timer is None:
            self._timer = loop.call_later(IDLE_S, self._look)

    async def release(self, connection: Any) -> None:
        """To the pool, which resets it or, if it is closed, forgets it."""
        self._generations.pop(connection, None)
        try:
            await self._pool.release(connection, timeout=_RELEASE_S)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            with suppress(asyncpg.InterfaceError):
                connection.terminate()  # one that cannot even be reset is of no use to the pool

    async def renew(self) -> None:
        """Have every connection made anew before it is next used."""
        self._generation += 1
        await self._pool.expire_connections()
        self._let_go(self._free)
        self._free = []

    async def close(self) -> None:
        """Everything that nobody uses goes back."""
        if self._timer is not None:
            self._timer.cancel()
        self._most = 0
        self._let_go(self._free)
        self._free = []
        if self._releasing:
            await asyncio.wait(self._releasing)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        stale = [lease for lease in self._free if now - lease[1] >= IDLE_S]
        self._free = [lease for lease in self._free if now - lease[1] < IDLE_S]
        self._let_go(stale)
        self._timer = None
        if self._free:
            self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._look)

    def _let_go(self, leases: list[tuple[Any, float]]) -> None:
        for connection, _ in leases:
            task = asyncio.get_running_loop().create_task(self.release(connection))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)


def _is_gone(connection: Any) -> bool:
    """It broke; asyncpg may have taken it from its holder already."""
    real = getattr(connection, "_con", connection)
    return real is None or real.is_closed()
