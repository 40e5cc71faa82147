"""The gate that everything is dialled through, with the counts of the day kept over a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from aywa.call.dial_gate import DialGate
from aywa.clock import monotonic_now, wall_now
from aywa.dialling.usage import DayUsage, DialTime
from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.runtime.database import Database
from aywa.settings import Settings
from aywa.store.dial_usage import PostgresDialUsage

SAVE_EVERY_S = 5.0
_LAST_SAVE_S = 2.0
_log = get_logger("runtime.dialling")


def dial_time() -> DialTime:
    """Now."""
    return DialTime(monotonic_now(), wall_now().timestamp())


@asynccontextmanager
async def open_gate(settings: Settings, database: Database) -> AsyncIterator[DialGate]:
    """Take up what was dialled today, and keep what is dialled from now on.

    Raises `StoreError` where it cannot be known what was dialled: then nothing may be.
    """
    gate = DialGate(settings.sip.named_trunks, settings.dial, dial_time)
    store = PostgresDialUsage(database.postgres)
    gate.usage.restore(await store.load(dial_time().day))
    keeper = _Keeper(gate, store)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.serve, name="dial usage")
        yield gate
        nursery.cancel_scope.cancel()
    with trio.move_on_after(_LAST_SAVE_S, shield=True):
        await keeper.save()


class _Keeper:
    """Writes the counts when they have changed."""

    def __init__(self, gate: DialGate, store: PostgresDialUsage) -> None:
        self._gate = gate
        self._store = store
        self._saved: list[DayUsage] = gate.usage.days(dial_time())

    async def serve(self) -> None:
        """Until cancelled. A database that fails is asked again; calls go on meanwhile."""
        while True:
            await trio.sleep(SAVE_EVERY_S)
            await self.save()

    async def save(self) -> None:
        """Write what has changed."""
        days = self._gate.usage.days(dial_time())
        if days == self._saved:
            return
        try:
            await self._store.save(days)
        except StoreError as error:
            _log.warning("what was dialled cannot be kept", detail=error.detail)
            return
        self._saved = days
