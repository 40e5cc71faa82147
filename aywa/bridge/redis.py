"""coredis on Trio: the few commands that are used, each within a bound; every failure is a `StoreError`.

Nothing here waits for a Redis that is away: opening succeeds without it, and each command says so in time.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import coredis
import trio
from coredis.exceptions import RedisError, ResponseError
from coredis.retry import NoRetryPolicy

from aywa.errors import StoreError

BOUND_S = 1.0  # a command of ours takes a fraction of a millisecond
CONNECT_S = 0.8
_MOST = 16  # connections: one waits for events, the others are held for the time of a command
_T = TypeVar("_T")


class _Tidy:
    """Over coredis' connections: one that was never made, or broke, leaves its queues open."""

    async def run(self, **options: Any) -> None:
        """As in coredis."""
        try:
            await super().run(**options)  # type: ignore[misc]
        finally:
            for name, queue in vars(self).items():
                if name.endswith(("_buffer_in", "_buffer_out")):
                    queue.close()


class Redis:
    """Commands for any number of tasks; all raise `StoreError`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def ping(self) -> None:
        """Whether it answers."""
        await self._ask(self._client.ping)

    async def append(self, stream: str, fields: Mapping[str, str | bytes], most: int) -> None:
        """XADD; what is older than about the last `most` entries goes."""
        await self._ask(
            lambda: self._client.xadd(
                stream,
                dict(fields),
                trim_strategy=coredis.PureToken.MAXLEN,
                trim_operator=coredis.PureToken.APPROXIMATELY,
                threshold=most,
            )
        )

    async def read(
        self, stream: str, after: str, limit: int, wait_s: float
    ) -> list[tuple[str, dict[str, bytes]]]:
        """XREAD: entries after this one; waits for the first so long."""
        block = {"block": int(wait_s * 1000)} if wait_s > 0 else {}
        found = await self._ask(
            lambda: self._client.xread({stream: after}, count=limit, **block), BOUND_S + wait_s
        )
        return [] if not found else [_entry(row) for rows in found.values() for row in rows]

    async def range(
        self, stream: str, first: str, last: str, limit: int
    ) -> list[tuple[str, dict[str, bytes]]]:
        """XRANGE, both ends included."""
        rows = await self._ask(lambda: self._client.xrange(stream, first, last, limit))
        return [_entry(row) for row in rows]

    async def newest(self, stream: str) -> tuple[str, dict[str, bytes]] | None:
        """The last entry of a stream; None where there is none."""
        rows = await self._ask(lambda: self._client.xrevrange(stream, count=1))
        return _entry(rows[0]) if rows else None

    async def trimmed_to(self, stream: str) -> str | None:
        """The oldest entry of a stream that others were before; None where none was."""
        try:
            told = await self._ask(lambda: self._client.xinfo_stream(stream), missing=ResponseError)
        except ResponseError:
            return None  # there is no such stream
        first, length = told.get("first-entry"), told.get("length", 0)
        if first is None or told.get("entries-added") == length:
            return None
        return _text(first.identifier)

    async def get(self, *keys: str) -> list[bytes | None]:
        """MGET."""
        return list(await self._ask(lambda: self._client.mget(keys)))

    async def increase(self, key: str, expire_s: int | None = None) -> int:
        """INCR; the key lives so long from then on."""
        count: int = await self._ask(lambda: self._client.incr(key))
        if expire_s is not None:
            await self._ask(lambda: self._client.expire(key, expire_s))
        return count

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        """EVAL."""
        return await self._ask(lambda: self._client.eval(script, keys, arguments))

    async def _ask(
        self,
        command: Callable[[], Awaitable[_T]],
        bound_s: float = BOUND_S,
        missing: type[Exception] | None = None,
    ) -> _T:
        """`missing`: what is let through."""
        try:
            with trio.fail_after(bound_s):
                return await command()
        except (trio.TooSlowError, TimeoutError) as error:
            # A host that is gone closes nothing: what waits on its connections would wait for ever.
            self._client.connection_pool.disconnect()
            raise StoreError("Redis did not answer in time", retryable=True) from error
        except (RedisError, OSError) as error:
            if missing is not None and isinstance(error, missing):
                raise
            raise StoreError(f"Redis cannot be used ({type(error).__name__})", retryable=True) from error


@asynccontextmanager
async def open_redis(url: str) -> AsyncIterator[Redis]:
    """A client of the server at `url` (redis:, rediss: or unix:); connects when it is first asked."""
    logging.getLogger("coredis").setLevel(logging.CRITICAL)  # it tells tracebacks of every try to connect
    pool = coredis.ConnectionPool.from_url(
        url, decode_components=True, max_connections=_MOST, connect_timeout=CONNECT_S, client_name="aywa"
    )
    pool.connection_class = type("TidyConnection", (_Tidy, pool.connection_class), {})
    client = coredis.Redis(connection_pool=pool, retry_policy=NoRetryPolicy(), verify_version=False)
    async with client:
        yield Redis(client)


def _entry(row: Any) -> tuple[str, dict[str, bytes]]:
    return _text(row.identifier), {_text(name): value for name, value in row.field_values.items()}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
