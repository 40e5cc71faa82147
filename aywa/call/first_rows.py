"""The rows of calls that are about to be answered: in the store at once, beside the journal's batches.

Whoever is answered has a record, whatever happens to this process next; and he hears nothing until then. A
batch of the journal is some twenty milliseconds of work while calls come fast, and the row would wait for
the one that is being written and for its own.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.errors import StoreError
from aywa.ports.store import CallRow, CallStore

AHEAD_S = 0.05  # so long a batch lets them go first


class FirstRows:
    """`serve` writes those that wait together, until cancelled; what fails there is left to the batches."""

    def __init__(self, store: CallStore, in_batch: Callable[[str], bool], hurry: Callable[[], None]) -> None:
        """`in_batch`: a batch with the row of this call is being written; `hurry`: write the next one."""
        self._store = store
        self._in_batch = in_batch
        self._hurry = hurry
        self._rows: dict[str, CallRow] = {}
        self._awaited: dict[str, trio.Event] = {}
        self._work = trio.Event()
        self._idle = trio.Event()
        self._idle.set()

    def put(self, row: CallRow) -> None:
        """Have it written, if nobody has yet."""
        self._rows[row.id] = row
        self._awaited.setdefault(row.id, trio.Event())
        self._work.set()
        if self._idle.is_set():
            self._idle = trio.Event()

    async def go_first(self) -> None:
        """Until none waits, for a moment: the insert of a row that a batch writes waits for all of it."""
        with trio.move_on_after(AHEAD_S):
            await self._idle.wait()

    def written(self, call_id: str) -> None:
        """The row is in the store, or will never be."""
        self._rows.pop(call_id, None)
        if (awaited := self._awaited.pop(call_id, None)) is not None:
            awaited.set()

    async def wait(self, call_id: str, bound_s: float) -> bool:
        """Until the row that was put is written; False when that took longer than `bound_s`."""
        awaited = self._awaited.get(call_id)
        if awaited is None:
            return True
        with trio.move_on_after(bound_s):
            await awaited.wait()
            return True
        self._awaited.pop(call_id, None)
        return False

    async def serve(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            await self._work.wait()
            self._work = trio.Event()
            rows = [row for row in self._rows.values() if not self._in_batch(row.id)]
            self._rows.clear()
            if rows:
                await self._write(rows)
            if not self._rows:
                self._idle.set()

    async def _write(self, rows: list[CallRow]) -> None:
        try:
            await self._store.begin_calls(rows)
        except StoreError:
            self._hurry()
        else:
            for row in rows:
                self.written(row.id)
