"""Memory is given back when nobody calls, once each time, and never while somebody does."""

from __future__ import annotations

import trio
from trio.testing import MockClock

from aywa.runtime.quiet import QUIET_S, open_quiet_watch


async def test_once_after_each_time_of_calls(autojump_clock: MockClock) -> None:
    live: list[str] = []
    given: list[float] = []
    async with open_quiet_watch(lambda: live, give_back=lambda: given.append(trio.current_time())):
        await trio.sleep(10 * QUIET_S)
        assert given == [], "nobody has called yet"
        for _ in range(2):
            live.append("a call")
            await trio.sleep(10 * QUIET_S)
            assert given == []
            live.clear()
            await trio.sleep(QUIET_S - 5)
            live.append("the next one")
            await trio.sleep(10)
            live.clear()
            ended = trio.current_time()
            await trio.sleep(QUIET_S - 2)
            assert given == [], "not between two calls"
            await trio.sleep(10 * QUIET_S)
            assert len(given) == 1
            assert QUIET_S - 2 <= given.pop() - ended <= QUIET_S + 2
