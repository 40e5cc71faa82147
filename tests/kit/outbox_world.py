"""An outbox on a real PostgreSQL, and workers that send from it to servers on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

import trio

from aywa.bridge.postgres import Postgres
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.outbound.client import open_outbound
from aywa.outbox.delivery import Delivery
from aywa.outbox.sending import Sender
from aywa.outbox.targets import ACCOUNT, ConfiguredTargets, Target, Targets
from aywa.outbox.worker import OutboxWorker, WorkerLimits
from aywa.ports.outbox import JobFilter, JobRecord, JobState, WebhookJob
from aywa.ports.store import CallBatch
from aywa.proto.outbound_rules import outbound_rules
from aywa.store.calls import PostgresCallStore
from aywa.store.outbox import PostgresOutbox
from aywa.store.presence import hold_presence
from tests.kit.postgres import open_clean_postgres

ALL = JobFilter()
SPACE = UUID(int=7)


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class OutboxWorld:
    """Write messages with `commit`, send them with `worker`."""

    postgres: Postgres
    outbox: PostgresOutbox
    calls: PostgresCallStore
    ahead_s: float = 0.0  # of the wall clock: so days go by

    def clock(self) -> datetime:
        return now() + timedelta(seconds=self.ahead_s)

    def job(self, number: int, endpoint: str, *, call: int = 0, source: str = ACCOUNT) -> WebhookJob:
        call_id = str(uuid5(SPACE, str(call or number)))
        body = f'{{"message":{{"type":"status-update","n":{number}}}}}'
        return WebhookJob(
            f"msg_{number}", call_id, number, "status-update", source, endpoint, body, self.clock()
        )

    async def commit(self, *jobs: WebhookJob) -> None:
        await self.calls.write(CallBatch(jobs=jobs))

    async def jobs(self, which: JobFilter = ALL) -> dict[str, JobRecord]:
        found = await self.outbox.list_jobs(DEFAULT_ORGANIZATION, which, 1000)
        return {job.id: job for job in found}

    async def settled(self, bound_s: float = 15.0) -> None:
        """Wait until nothing waits any more."""
        with trio.fail_after(bound_s):
            while any(job.state is JobState.WAITING for job in (await self.jobs()).values()):  # noqa: ASYNC110
                await trio.sleep(0.02)

    async def tried(self, job_id: str, tries: int) -> JobRecord:
        """Wait until so many attempts are written down."""
        with trio.fail_after(10.0):
            while (job := (await self.jobs())[job_id]).tries < tries:  # noqa: ASYNC110
                await trio.sleep(0.01)
        return job

    @asynccontextmanager
    async def worker(
        self,
        target: Target | None,
        *,
        name: str = "w1",
        limits: WorkerLimits | None = None,
        keys: tuple[bytes, ...] = (b"key",),
        assistant: Assistant | None = None,
        targets: Targets | None = None,
    ) -> AsyncIterator[OutboxWorker]:
        """One that runs; it is cut off where it stands when the block is left."""
        async with (
            hold_presence(self.postgres, name),
            open_outbound(outbound_rules(("127.0.0.0/8",))) as client,
            trio.open_nursery() as nursery,
        ):
            given = targets or ConfiguredTargets(assistant, target)
            delivery = Delivery(Sender(client, keys), given, clock=self.clock, rng=Random())
            made = OutboxWorker(self.outbox, delivery, worker_id=name, clock=self.clock, limits=limits)
            nursery.start_soon(made.serve)
            yield made
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_outbox_world(url: str) -> AsyncIterator[OutboxWorld]:
    """On an emptied database."""
    async with open_clean_postgres(url) as (_loop, postgres):
        yield OutboxWorld(postgres, PostgresOutbox(postgres), PostgresCallStore(postgres))


async def until(condition: Callable[[], bool], bound_s: float = 10.0) -> None:
    """Real seconds."""
    with trio.fail_after(bound_s):
        while not condition():  # noqa: ASYNC110 - somebody else's state
            await trio.sleep(0.01)
