"""The spool: what calls leave on the disk goes to the artifact store, and leaves the disk when it is there.

```
  recording ──► disk ──► repaired ──► encoded, if so wished ──► uploaded ──► read again ──► deleted here
                 ▲                                                   │
                 └── looked through at start and every minute ◄──────┴── failed: again, as long as it takes
```
The files are the queue: whatever a process that was killed had done, the next one finds what is left. What is
known of each artifact is a row of the database, so nothing is taken off the disk while that is away. A call's
files are locked while they are worked on: other workers of the host leave them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Protocol, TypeVar

import trio

from aywa.artifacts.call_files import CallFiles, Survey, files_of, survey
from aywa.artifacts.repair import Repair, held
from aywa.artifacts.spool_gate import SpoolGate
from aywa.artifacts.store_health import StoreHealth, StoreState
from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.ports.artifacts import ArtifactFormat
from aywa.ports.spool import ArtifactBook
from aywa.ports.store import CallRow

LOOK_EVERY_S = 60.0
MEASURE_EVERY_S = 10.0
AT_ONCE = 2  # calls whose artifacts are worked on: their media need the machine more
_ROUND = 50  # calls asked for at a time
_SOON_S = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)  # for a call that is not over yet, as far as the database knows
_ORPHAN_S = 600.0
LEFT_BEHIND = timedelta(minutes=10)
_log = get_logger("spool")
T = TypeVar("T")


class Bench(Protocol):
    """Does what is to be done with one call."""

    async def work(self, row: CallRow, files: CallFiles, now: datetime) -> float | None:
        """Make and store what is still missing; None: all is settled and the disk is tidied.

        Else in how many seconds to come back. Raises StoreError when the database fails.
        """


@dataclass(slots=True)
class _Waiting:
    files: CallFiles
    not_before: float  # monotonic
    looks: int = 0  # that found the call not over, or its files busy
    working: bool = field(default=False)


class Spool:
    """Run `serve`. Other methods are for the event loop's thread and do not block."""

    def __init__(
        self,
        directory: str,
        book: ArtifactBook,
        bench: Bench,
        gate: SpoolGate,
        health: StoreHealth,
        *,
        stays: bool,
        host: str,
        clock: Callable[[], datetime],
        rng: Random,
    ) -> None:
        """`stays`: there is no artifact store; what lies on the disk does not wait then.

        `host`: whose disk it is.
        """
        self._directory = Path(directory).absolute()
        self._book = book
        self._bench = bench
        self._stays = stays
        self._host = host
        self._clock = clock
        self._rng = rng
        self.gate = gate
        self.health = health
        self._calls: dict[str, _Waiting] = {}
        self._wake = trio.Event()
        self._limiter = trio.CapacityLimiter(1)  # for looking: one thread
        self._room = trio.CapacityLimiter(AT_ONCE)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Repair what lies there, then work until cancelled."""
        await self._look()
        task_status.started()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._measure_always)
            nursery.start_soon(self._look_always)
            while True:
                self._wake = trio.Event()
                if due := self._due():
                    await self._round(due, nursery)
                with trio.move_on_at(self._next_at()):
                    await self._wake.wait()

    def ended(self, call_id: str) -> None:
        """A call is over: its files are complete within seconds."""
        found = self._calls.get(call_id)
        if found is None:
            files = CallFiles(call_id)
            self._calls[call_id] = _Waiting(files, trio.current_time() + _SOON_S[0])
        else:
            found.not_before, found.looks = trio.current_time() + _SOON_S[0], 0
        self._wake.set()

    def hurry(self, call_ids: Sequence[str]) -> None:
        """Try these at once."""
        self.health.hurry()
        for call_id in call_ids:
            if call_id in self._calls:
                self._calls[call_id].not_before = 0.0
        self._wake.set()

    # --- which calls --------------------------------------------------------------------------------------

    def _due(self) -> list[str]:
        now = trio.current_time()
        if self.health.open_at() > now:
            return []
        due = [
            call_id for call_id, call in self._calls.items() if call.not_before <= now and not call.working
        ]
        # While the store is away one call finds out; another one each time, so that none is stuck behind it.
        return due[: 1 if self.health.state is StoreState.AWAY else _ROUND]

    def _next_at(self) -> float:
        soonest = min(
            (call.not_before for call in self._calls.values() if not call.working),
            default=trio.current_time() + LOOK_EVERY_S,
        )
        return max(soonest, self.health.open_at())

    async def _round(self, due: Sequence[str], nursery: trio.Nursery) -> None:
        try:
            rows = {row.id: row for row in await self._book.ended_calls(due)}
        except StoreError as error:
            _log.warning("the database does not say which calls are over", detail=error.detail)
            for call_id in due:
                self._later(call_id, _SOON_S[2])
            return
        for call_id in due:
            call = self._calls[call_id]
            if call_id not in rows:
                self._not_over(call_id, call)
                continue
            call.working = True
            await self._room.acquire_on_behalf_of(call_id)
            nursery.start_soon(self._one, rows[call_id], call)

    def _not_over(self, call_id: str, call: _Waiting) -> None:
        """Asked for again less and less often: it may be up for hours."""
        self._later(call_id, _SOON_S[min(call.looks, len(_SOON_S) - 1)])
        call.looks += 1

    def _later(self, call_id: str, seconds: float) -> None:
        self._calls[call_id].not_before = trio.current_time() + seconds * self._rng.uniform(0.8, 1.2)

    async def _one(self, row: CallRow, call: _Waiting) -> None:
        try:
            again_s = await self._try(row, call)
        except StoreError as error:
            _log.warning("the database does not take what became of artifacts", detail=error.detail)
            again_s = _SOON_S[2]
        except OSError as error:
            _log.warning("a call's files cannot be worked on", call_id=row.id, error=error.strerror)
            again_s = LOOK_EVERY_S
        finally:
            call.working = False
            self._room.release_on_behalf_of(row.id)
            self._wake.set()
        if again_s is None:
            del self._calls[row.id]
        else:
            self._later(row.id, min(again_s, LOOK_EVERY_S))  # somebody may want it sooner: see the row

    async def _try(self, row: CallRow, call: _Waiting) -> float | None:
        files = await self._in_thread(lambda: files_of(self._directory, row.id))
        call.files = files or CallFiles(row.id)
        async with AsyncExitStack() as stack:
            repairs = await self._in_thread(lambda: _hold(stack, call.files.recordings))
            if repairs is None:
                call.looks += 1
                return _SOON_S[min(call.looks, len(_SOON_S) - 1)]
            self.gate.figures.repaired += repairs.count(Repair.REPAIRED)
            return await self._bench.work(row, call.files, self._clock())

    # --- what lies there ----------------------------------------------------------------------------------

    async def _look_always(self) -> None:
        while True:
            await trio.sleep(LOOK_EVERY_S)
            if not self._stays:  # else the disk is an archive: what is new there is told by `ended`
                await self._look()

    async def _look(self) -> None:
        """What lies there waits, if it is not being written; recordings are repaired."""
        now = self._clock().timestamp()
        try:
            found, repaired = await self._in_thread(lambda: _survey_and_repair(self._directory, now))
        except OSError as error:
            _log.warning("the recordings cannot be looked through", error=error.strerror)
            return
        self.gate.figures.repaired += repaired
        for call_id, files in found.calls.items():
            if self._waits(files) and call_id not in self._calls:
                self._calls[call_id] = _Waiting(files, 0.0)
        await self._recall()
        self._count(found, now)
        self._wake.set()

    async def _recall(self) -> None:
        """What the database says waits here, or, made of the database itself, anywhere for long."""
        now = self._clock()
        try:
            for call_id in await self._book.left_behind(self._host, now - LEFT_BEHIND):
                self._calls.setdefault(call_id, _Waiting(CallFiles(call_id), 0.0))
        except StoreError as error:
            _log.warning("the database does not say which artifacts wait", detail=error.detail)

    def _waits(self, files: CallFiles) -> bool:
        return not self._stays or (files.format is ArtifactFormat.OPUS)

    async def _measure_always(self) -> None:
        while True:
            await trio.sleep(MEASURE_EVERY_S)
            now = self._clock().timestamp()
            try:
                await self._in_thread(lambda: self.gate.measure(self._directory))
                if not self._stays:
                    looked = partial(survey, self._directory, now, tidy=False)
                    self._count(await self._in_thread(looked), now)
            except OSError as error:
                _log.warning("the spool cannot be measured", error=error.strerror)

    def _count(self, found: Survey, now: float) -> None:
        if self._stays:
            return
        figures = self.gate.figures
        figures.files, figures.size = len(found.calls), found.size
        waiting = [files for call_id, files in found.calls.items() if call_id in self._calls]
        figures.oldest_s = max((now - files.begun_at for files in waiting), default=0.0)
        figures.orphans = sum(
            1
            for files in waiting
            if now - files.begun_at > _ORPHAN_S and self._calls[files.call_id].looks >= len(_SOON_S)
        )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)


def _hold(stack: AsyncExitStack, paths: Sequence[Path]) -> list[Repair] | None:
    return stack.enter_context(held(paths))


def _survey_and_repair(directory: Path, now: float) -> tuple[Survey, int]:
    """In a worker thread: all of it, and how many recordings were repaired."""
    found, repaired = survey(directory, now), 0
    for files in found.calls.values():
        for path in files.recordings:
            try:
                with held([path]) as repairs:
                    repaired += repairs == [Repair.REPAIRED]
            except FileNotFoundError:
                continue
            except OSError as error:
                _log.warning("a recording cannot be repaired", path=str(path), error=error.strerror)
    return found, repaired
