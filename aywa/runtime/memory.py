"""What outlives a worker's calls: database, artifacts, the way out to servers, and the outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from aywa.artifacts.spool_gate import SpoolGate
from aywa.call.news import CallView
from aywa.model.assistant import Assistant
from aywa.outbound.client import OutboundClient
from aywa.runtime.artifacts import Artifacts, open_artifacts
from aywa.runtime.asking import open_asking
from aywa.runtime.database import Database, open_database
from aywa.runtime.outbox import Outbox, news_plan, open_outbox, targets_of, teller
from aywa.settings import Settings


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it, open."""

    database: Database
    asking: OutboundClient
    outbox: Outbox
    artifacts: Artifacts


@asynccontextmanager
async def open_memory(
    settings: Settings,
    assistant: Assistant | None,
    view: CallView,
    gate: SpoolGate,
    *,
    worker_id: str,
    rng: Random,
) -> AsyncIterator[Memory]:
    """Open them; calls that other workers lost are ended and told of. Raises StoreError or ConfigError."""
    webhooks, targets = settings.webhooks, targets_of(settings.webhooks, assistant)
    plan = news_plan(targets, assistant, rng, view)
    async with (
        open_database(settings.store, worker_id, teller(plan)) as database,
        open_asking(settings.outbound) as asking,
        open_outbox(database, asking, targets, webhooks, plan, worker_id=worker_id, rng=rng) as outbox,
        open_artifacts(settings.artifacts, database, plan, outbox.worker.wake, gate, rng) as artifacts,
    ):
        yield Memory(database, asking, outbox, artifacts)
