"""Rounds: every recording of the process, written twice a second in a few passes over all of them.

A task, a thread and a flush of its own for each call cost more than its media. Here the calls are dealt into
groups; each group's turn is one pass in one worker thread:

```
  legs' rings ──► memory ──► one thread, file after file      group 0  ─┬──────────┬──►  every 0.5 s
                  what is in memory leaves it                 group 1  ───┬──────────┬►  one after the other
                  only when its file has it
```
While a pass does not come back, the rings of its group are emptied into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import trio

from aywa.call.disk import Disk

SYNC_EVERY_S = 0.5  # a killed process loses at most a second; half of it is left for the disk
STALL_BOUND_S = 30.0  # for the disk while calls go on: a megabyte of memory a call
GROUPS = 8  # passes that may hang at a time; the pause between them keeps each short for the event loop


class RecordingWork(Protocol):
    """One recording, as the rounds see it. No method blocks or waits."""

    def collect(self) -> None:
        """Empty the leg's ring into memory."""

    def next_step(self) -> Callable[[], None] | None:
        """What writes all that is in memory, to be run in a worker thread; None: there is no file yet."""

    def stepped(self, error: OSError | None) -> None:
        """The step is done, or failed."""

    def hung(self) -> None:
        """The disk did not come back from the step."""


class RecordingRounds:
    """All recordings; `serve` must run while any takes part."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self._groups = [_Group(disk) for _ in range(GROUPS)]

    @contextmanager
    def take_part(self, work: RecordingWork) -> Iterator[RecordingPlace]:
        """Be collected and written for as long as the block runs."""
        group = min(self._groups, key=lambda group: len(group.members))
        place = RecordingPlace(group)
        group.members[work] = None
        try:
            yield place
        finally:
            del group.members[work]

    async def serve(self) -> None:
        """Go round until cancelled."""
        async with trio.open_nursery() as nursery:
            for number, group in enumerate(self._groups):
                nursery.start_soon(group.serve, SYNC_EVERY_S * number / GROUPS)
                nursery.start_soon(group.empty_rings)


class RecordingPlace:
    """Where a recording takes part."""

    def __init__(self, group: _Group) -> None:
        self._group = group

    async def pass_over(self) -> None:
        """Wait until no pass that began before is under way, so that what comes next is written after it."""
        await self._group.idle.wait()


class _Group:
    def __init__(self, disk: Disk) -> None:
        self.members: dict[RecordingWork, None] = {}  # in the order they came
        self.idle = trio.Event()
        self.idle.set()
        self._disk = disk

    async def serve(self, delay_s: float) -> None:
        await trio.sleep(delay_s)
        while True:
            await trio.sleep(SYNC_EVERY_S)
            await self._pass()

    async def empty_rings(self) -> None:
        """The leg's ring holds four seconds; a disk may be away for longer."""
        while True:
            await trio.sleep(SYNC_EVERY_S)
            if not self.idle.is_set():
                self._collect()

    def _collect(self) -> None:
        # Apart from the loops that wait: their locals would keep a recording, and with it its leg.
        for work in self.members:
            work.collect()

    async def _pass(self) -> None:
        self._collect()
        steps = [(work, step) for work in self.members if (step := work.next_step()) is not None]
        if steps:
            await self._run(steps)

    async def _run(self, steps: list[tuple[RecordingWork, Callable[[], None]]]) -> None:
        self.idle = trio.Event()
        try:
            with trio.move_on_after(STALL_BOUND_S):
                failures = await self._disk.run(lambda: [_outcome(step) for _, step in steps])
                for (work, _), failure in zip(steps, failures, strict=True):
                    work.stepped(failure)
                return
            for work, _ in steps:
                work.hung()
        finally:
            self.idle.set()


def _outcome(step: Callable[[], None]) -> OSError | None:
    """In a worker thread: one file that fails leaves the others alone."""
    try:
        step()
    except OSError as error:
        return error
    return None
