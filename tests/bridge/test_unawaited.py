"""What an asyncio task that nobody awaits ends with is logged, and ends nothing else."""

from __future__ import annotations

import asyncio
import gc

import trio
from structlog.testing import capture_logs

from aywa.bridge.asyncio_loop import open_asyncio_loop


async def _fail() -> None:
    raise TimeoutError("a row's own words")


async def _start_and_forget() -> None:
    """As asyncpg does with a connection that it gives back behind a shield."""
    task = asyncio.ensure_future(_fail())
    await asyncio.wait([task])
    del task
    gc.collect()


async def _raise_in_callback() -> None:
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)


async def _answer() -> str:
    await asyncio.sleep(0)
    return "still here"


async def test_it_is_logged_and_the_loop_goes_on() -> None:
    with capture_logs() as logs, trio.fail_after(30):
        async with open_asyncio_loop() as loop:
            await loop.run(_start_and_forget)
            await loop.run(_raise_in_callback)
            await trio.sleep(0.01)  # where the error would have come out
            assert await loop.run(_answer) == "still here"
    told = [(entry["event"], entry["error"]) for entry in logs]
    assert told == [("asyncio.unawaited", "TimeoutError"), ("asyncio.unawaited", "ZeroDivisionError")]
    assert "own words" not in str(logs)
