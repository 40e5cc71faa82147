"""Work that touches the disk, away from the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import trio

DISK_THREADS = 8  # for all calls together: disks gain nothing from more
T = TypeVar("T")


class Disk(Protocol):
    """Runs blocking work."""

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Work that has begun is never abandoned."""


class DiskThreads:
    """Worker threads of its own, so that a slow disk takes none from anybody else."""

    def __init__(self, threads: int = DISK_THREADS) -> None:
        self._limiter = trio.CapacityLimiter(threads)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, run in a worker thread."""
        return await trio.to_thread.run_sync(work, limiter=self._limiter)
