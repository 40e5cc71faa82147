"""One connection of asyncpg for Trio; every failure comes out as `StoreError`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import asyncpg

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.bridge.postgres_watch import Operation, Watch
from aywa.errors import StoreError

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

    def __init__(self, loop: AsyncioLoop, watch: Watch, connection: Any) -> None:
        self._loop = loop
        self._watch = watch
        self.connection = connection
        self.scripted = False  # something was said that may outlive the transaction

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement and return its command tag, or a script of many when there are no arguments."""
        self.scripted = self.scripted or not arguments
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
        async with self._watch.operation() as operation:
            use(operation, self.connection)
            return await getattr(self.connection, method)(*arguments)

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Have what is told on this channel handed over, from now until the connection is abandoned."""

        self.scripted = True

        def hear(connection: object, process: int, name: str, payload: str) -> None:
            heard(payload)

        await run(self._loop, self.connection.add_listener, channel, hear)

    def abandon(self) -> None:
        """Close the connection at once; the pool makes a new one when it is next asked."""
        cut(self.connection)


def cut(connection: Any) -> None:
    """Close a connection without a word, if it is not closed already."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


# The server's own process ids by connection. What the protocol says at the beginning may be a pooler's.
_pids: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def know_pid(connection: Any, pid: int) -> None:
    """This process of the server's is at the other end."""
    _pids[connection] = pid


def use(operation: Operation, connection: Any) -> None:
    """The operation goes on over this connection of the pool."""
    real = getattr(connection, "_con", connection)  # None: it broke, and asyncpg is about to say so
    operation.connection = real
    operation.pid = 0 if real is None else _pids.get(real, 0)


async def run(loop: AsyncioLoop, function: Any, *arguments: object) -> Any:
    """Await asyncpg's `function(*arguments)`. Raises `StoreError` for whatever fails in it."""
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
    detail = f"database refused ({type(error).__name__} {state})".rstrip()
    return StoreError(detail, retryable=retryable, state=state)
