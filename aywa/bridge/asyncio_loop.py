"""The process's only asyncio loop, run inside Trio. No other module imports `trio_asyncio`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import trio_asyncio

from aywa.log import get_logger, places

_log = get_logger("bridge.asyncio")
_T = TypeVar("_T")


class AsyncioLoop:
    """Runs asyncio coroutines for Trio tasks."""

    def __init__(self, loop: trio_asyncio.TrioEventLoop) -> None:
        self._loop = loop

    async def run(self, function: Callable[..., Coroutine[Any, Any, _T]], *args: object) -> _T:
        """Await `function(*args)`, an asyncio coroutine function, and return what it returns.

        Cancelling the Trio scope cancels the coroutine and waits until it has wound up.
        The caller may be any Trio task: a task whose nursery was opened before the loop has not inherited
        the context variable by which asyncio code finds its loop, so it is set around every call.
        """
        token = trio_asyncio.current_loop.set(self._loop)
        try:
            return cast("_T", await self._loop.run_aio_coroutine(function(*args)))
        finally:
            trio_asyncio.current_loop.reset(token)


@asynccontextmanager
async def open_asyncio_loop() -> AsyncIterator[AsyncioLoop]:
    """Run an asyncio loop for as long as the block lasts; enter it once a process.

    What nobody awaits may fail without consequence: an error of such a task is logged. trio_asyncio would
    raise it here, which ends the process and every call; a connection that could not be given back to its
    pool in time, while nobody waited for it any more, has done so.
    """
    async with trio_asyncio.open_loop() as loop:
        loop.set_exception_handler(_note)
        yield AsyncioLoop(loop)


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Into the log, without the error's message: that may quote the values of a row."""
    error = context.get("exception")
    _log.warning(
        "asyncio.unawaited",
        what=str(context.get("message", "")),
        error=type(error).__name__,
        places=places(error) if isinstance(error, BaseException) else [],
    )
