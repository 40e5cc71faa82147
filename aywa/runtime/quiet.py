"""Gives the memory of finished calls back once nobody calls.

Of the pages that calls have left in the heap, glibc gives back those at its end only: what lies behind the
others keeps them. Looking for these locks the heap for some milliseconds, so it waits until no call is up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sized
from contextlib import asynccontextmanager

import trio

from aywa._native.heap import trim_heap

QUIET_S = 35.0  # without a call; what SIP keeps of one goes 32 s after it
_LOOK_EVERY_S = 1.0


@asynccontextmanager
async def open_quiet_watch(
    live: Callable[[], Sized], *, give_back: Callable[[], object] = trim_heap
) -> AsyncIterator[None]:
    """For as long as the block runs: `give_back` once whenever `live` was not empty and then was for
    `QUIET_S`.
    """
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_watch, live, give_back)
        yield
        nursery.cancel_scope.cancel()


async def _watch(live: Callable[[], Sized], give_back: Callable[[], object]) -> None:
    called, quiet_since = False, trio.current_time()
    while True:
        await trio.sleep(_LOOK_EVERY_S)
        if live():
            called, quiet_since = True, trio.current_time()
        elif called and trio.current_time() >= quiet_since + QUIET_S:
            called = False
            give_back()
