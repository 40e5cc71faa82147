"""Sends what waits: takes messages with a lease, each endpoint on its own, and writes down what came of it.

A worker that dies holds nothing back: its leases are given back as soon as the database sees it gone, and the
same messages go out again under the same ids. The state of circuits is each worker's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import trio

from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.outbox.delivery import Delivered, Delivery
from aywa.outbox.figures import WorkerFigures
from aywa.ports.outbox import ClaimedJob, OutboxQueue
from aywa.proto.circuit import Circuit, CircuitState

POLL_S = 0.25  # for what another worker has committed, or became due
LEASE_S = 330.0  # longer than any server may take
RELEASE_EVERY_S = 5.0  # leases of workers that are gone
FIGURES_EVERY_S = 10.0
PURGE_EVERY_S = 600.0
GATHER_S = 0.02  # what comes of attempts is written together
STORE_BACKOFF_S = 1.0
_log = get_logger("outbox")


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How much at a time, in all and to one endpoint; how many days settled messages are kept."""

    sending: int = 256
    endpoint: int = 16
    delivered_days: float = 7.0
    dead_days: float = 30.0


class OutboxWorker:
    """One a process. `serve` sends until it is cancelled, `drain` waits before that."""

    def __init__(
        self,
        queue: OutboxQueue,
        delivery: Delivery,
        *,
        worker_id: str,
        clock: Callable[[], datetime],
        limits: WorkerLimits | None = None,
    ) -> None:
        self._queue = queue
        self._delivery = delivery
        self._worker_id = worker_id
        self._clock = clock
        self._limits = limits or WorkerLimits()
        self._circuits: dict[str, Circuit] = {}
        self._under_way: Counter[str] = Counter()
        self._wake = trio.Event()
        self._results: list[Delivered] = []
        self._came = trio.Event()
        self._idle = trio.Event()
        self.figures = WorkerFigures()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    async def serve(self) -> None:
        """Send until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write_down)
            nursery.start_soon(self._every, RELEASE_EVERY_S, self._release)
            nursery.start_soon(self._every, FIGURES_EVERY_S, self._figures)
            nursery.start_soon(self._every, PURGE_EVERY_S, self._purge)
            while True:
                self._wake = trio.Event()
                jobs = await self._claim()
                for job in jobs:
                    self._under_way[job.endpoint] += 1
                    nursery.start_soon(self._send, job)
                if not jobs:
                    if not self._under_way and not self._results:
                        self._idle.set()
                    with trio.move_on_after(POLL_S):
                        await self._wake.wait()

    async def drain(self, bound_s: float) -> None:
        """Return when nothing is due and nothing under way, after so many seconds at the latest."""
        self._idle = trio.Event()
        self._wake.set()
        with trio.move_on_after(bound_s):
            await self._idle.wait()

    # --- taking and sending -------------------------------------------------------------------------------

    async def _claim(self) -> list[ClaimedJob]:
        room = self._limits.sending - self._under_way.total()
        self.figures.slots_in_use = self._under_way.total()
        if room <= 0:
            return []
        now = self._clock()
        usual = max(1, min(room // 4, self._limits.endpoint))  # the last places are not for one that hangs
        try:
            until = now + timedelta(seconds=LEASE_S)
            return await self._queue.claim(self._worker_id, now, until, room, self._rooms(usual), usual)
        except StoreError as error:
            _log.warning("outbox.store_failed", detail=error.detail)
            await trio.sleep(STORE_BACKOFF_S)
            return []

    def _rooms(self, usual: int) -> dict[str, int]:
        """Of endpoints that may have less room than usual."""
        now = trio.current_time()
        rooms = {}
        for endpoint in {*self._under_way, *self._circuits}:
            circuit = self._circuits.get(endpoint)
            state = CircuitState.CLOSED if circuit is None else circuit.state(now)
            most = {CircuitState.CLOSED: self._limits.endpoint, CircuitState.TRYING: 1}.get(state, 0)
            rooms[endpoint] = max(0, min(usual, most - self._under_way[endpoint]))
        return rooms

    async def _send(self, job: ClaimedJob) -> None:
        began = trio.current_time()
        delivered = await self._delivery.deliver(job)
        self._judge(job.endpoint, delivered, began)
        self.figures.count(delivered)
        self._results.append(delivered)
        self._came.set()
        self._under_way[job.endpoint] -= 1
        if not self._under_way[job.endpoint]:
            del self._under_way[job.endpoint]

    def _judge(self, endpoint: str, delivered: Delivered, began: float) -> None:
        if delivered.works is None:
            return
        circuit = self._circuits.setdefault(endpoint, Circuit())
        before = circuit.state(trio.current_time())
        if delivered.works:
            circuit.succeeded(began)
        else:
            circuit.failed(trio.current_time(), delivered.hold_s)
        if circuit.idle:
            del self._circuits[endpoint]
        if before is CircuitState.CLOSED and circuit.state(trio.current_time()) is CircuitState.OPEN:
            _log.warning("outbox.endpoint_left_alone", status=delivered.attempt.status)

    # --- writing down -------------------------------------------------------------------------------------

    async def _write_down(self) -> None:
        while True:
            await self._came.wait()
            await trio.sleep(GATHER_S)
            self._came = trio.Event()
            results = list(self._results)
            try:
                await self._queue.finish(self._worker_id, [result.attempt for result in results])
            except StoreError as error:
                # Until it is written the lease holds; after that they are sent again, under the same ids.
                _log.warning("outbox.store_failed", detail=error.detail)
                await trio.sleep(STORE_BACKOFF_S)
                self._came.set()
                continue
            del self._results[: len(results)]
            self._wake.set()

    # --- keeping house ------------------------------------------------------------------------------------

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except StoreError as error:
                _log.warning("outbox.store_failed", detail=error.detail)
            await trio.sleep(seconds)

    async def _release(self) -> None:
        released = await self._queue.release(self._worker_id, self._clock())
        if released:
            _log.warning("outbox.taken_over", messages=released)
            self._wake.set()

    async def _figures(self) -> None:
        self.figures.waiting = await self._queue.figures(self._clock())

    async def _purge(self) -> None:
        now, limits = self._clock(), self._limits
        await self._queue.purge(
            now - timedelta(days=limits.delivered_days), now - timedelta(days=limits.dead_days)
        )
