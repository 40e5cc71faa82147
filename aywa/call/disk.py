"""Work that touches the disk, away from the event loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar

import trio

DISK_THREADS = 8  # for all calls together: disks gain nothing from more
T = TypeVar("T")


class Disk(Protocol):
    """Runs blocking work."""

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Cancelled, it is left alone: it may go on in its thread, or never
        have begun.
        """

    def later(self, work: Callable[[], bool]) -> None:
        """Do this when the disk answers next; nobody waits for it. False: not possible yet, try again."""


class DiskThreads:
    """Worker threads of its own, so that a slow disk takes none from anybody else.

    A thread that hangs in the kernel cannot be ended: it keeps its place until it comes back.
    """

    def __init__(self, threads: int = DISK_THREADS) -> None:
        self._limiter = trio.CapacityLimiter(threads)
        self._late: deque[Callable[[], bool]] = deque()

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, run in a worker thread."""

        def job() -> T:
            try:
                return work()
            finally:
                self._catch_up()

        return await trio.to_thread.run_sync(job, abandon_on_cancel=True, limiter=self._limiter)

    def later(self, work: Callable[[], bool]) -> None:
        """Do this in the next worker thread that is done with its work."""
        self._late.append(work)

    def _catch_up(self) -> None:
        """In a worker thread; two may do this at a time."""
        for _ in range(len(self._late)):
            try:
                work = self._late.popleft()
            except IndexError:
                return
            try:
                done = work()
            except OSError:
                done = True  # nobody waits to hear of it
            if not done:
                self._late.append(work)
