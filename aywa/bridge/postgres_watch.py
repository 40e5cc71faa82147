"""Notices within a second that PostgreSQL does not answer, and then refuses at once instead of waiting.

A statement that takes long says nothing: it may wait for a lock. So whenever one has run for `STALL_S`, a
question is asked over a new connection, within `PROBE_S`. Without an answer the database is away: every
statement under way is given up, new ones are refused at once, and the question is repeated until it is
answered. With one, a statement whose connection the server does not know, or believes idle, is given up
alone: that connection is half open, as a firewall or a fail-over leaves it.

Time is counted in steps in which this process ran: a process that got no CPU for a second has not waited for
the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import Any

from aywa.errors import StoreError
from aywa.log import get_logger

STEP_S = 0.05
STALL_S = 0.3  # with PROBE_S less than the second in which the API answers
PROBE_S = 0.45  # connecting takes 5 to 50 ms on a busy host
PROBE_EVERY_S = 0.25  # while it is away
_AWAY = "the database does not answer"
_log = get_logger("bridge.postgres")

Probe = Callable[[Sequence[int]], Awaitable[Sequence[int]]]
"""Asks the server which of these processes of its own are at work; raises `StoreError` without an answer."""
Renew = Callable[[], Awaitable[None]]
"""Has every connection made anew before it is next used."""


class WatchState(Enum):
    """Whether statements are sent."""

    ANSWERS = "answers"
    AWAY = "away"


class Operation:
    """A statement, or a few on one connection, that are under way."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self.connection: Any = None  # once there is one
        self.pid = 0  # of the server's process at the other end, as the server says it
        self.steps = 0
        self.asked_at = 0  # in steps: when the server was last asked about it
        self.given_up = False

    @property
    def broken(self) -> bool:
        """Its connection has gone."""
        return self.connection is not None and self.connection.is_closed()

    def give_up(self) -> None:
        """Have it fail now; nothing more is asked over its connection."""
        self.given_up = True
        if self.connection is not None:
            self.connection.terminate()  # cancelled politely, asyncpg would wait for the server
        self._task.cancel()


class Watch:
    """One a pool, on asyncio's side. `serve` runs beside the pool."""

    def __init__(self, probe: Probe, renew: Renew) -> None:
        self._probe = probe
        self._renew = renew
        self._running: set[Operation] = set()
        self._wanted = asyncio.Event()
        self._suspected = False
        self._away_since = 0.0
        self.state = WatchState.ANSWERS
        self.outages = 0

    @property
    def away_s(self) -> float:
        """For how long the database has been away; 0.0 while it answers."""
        if self.state is WatchState.ANSWERS:
            return 0.0
        return max(asyncio.get_running_loop().time() - self._away_since, 0.001)

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[Operation]:
        """Around one operation of the current task. Raises `StoreError` when it is given up, or at once."""
        if self.state is WatchState.AWAY:
            raise StoreError(_AWAY, retryable=True)
        task = asyncio.current_task()
        assert task is not None
        operation = Operation(task)
        self._running.add(operation)
        self._wanted.set()
        try:
            yield operation
        except asyncio.CancelledError:
            if operation.given_up:
                raise StoreError(_AWAY, retryable=True) from None
            raise
        except Exception as error:
            if isinstance(error, OSError) or operation.broken:
                self._suspected = True
                self._wanted.set()
            raise
        finally:
            self._running.discard(operation)

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            if self.state is WatchState.AWAY:
                await asyncio.sleep(PROBE_EVERY_S)
                if await self._ask([]) is not None:
                    await self._renew()
                    self._enter(WatchState.ANSWERS)
                continue
            if not self._running and not self._suspected:
                self._wanted.clear()
                await self._wanted.wait()
            await asyncio.sleep(STEP_S)
            await self._look()

    async def _look(self) -> None:
        stalled = []
        for operation in self._running:
            operation.steps += 1
            if (operation.steps - operation.asked_at) * STEP_S >= STALL_S:
                stalled.append(operation)
        if not stalled and not self._suspected:
            return
        self._suspected = False
        at_work = await self._ask([operation.pid for operation in stalled if operation.pid])
        if at_work is None:
            self._enter(WatchState.AWAY)
            return
        for operation in stalled:
            operation.asked_at = operation.steps
            if operation.pid and operation.pid not in at_work and operation in self._running:
                _log.warning("postgres.half_open")
                operation.give_up()
                await self._renew()  # the others are likely to be no better

    async def _ask(self, pids: Sequence[int]) -> Sequence[int] | None:
        """What `Probe` answers; None when it does not within `PROBE_S`."""
        asking = asyncio.ensure_future(self._probe(pids))
        try:
            for _ in range(round(PROBE_S / STEP_S)):
                done, _ = await asyncio.wait({asking}, timeout=STEP_S)
                if done:
                    return asking.result()
        except StoreError:
            return None
        finally:
            if not asking.done():
                asking.cancel()
                with suppress(StoreError, asyncio.CancelledError):
                    await asking
        return None

    def _enter(self, state: WatchState) -> None:
        self.state = state
        if state is WatchState.ANSWERS:
            _log.info("postgres.back", away_s=round(asyncio.get_running_loop().time() - self._away_since, 1))
            return
        self._away_since = asyncio.get_running_loop().time()
        self.outages += 1
        _log.warning("postgres.away", given_up=len(self._running))
        for operation in list(self._running):
            operation.give_up()
