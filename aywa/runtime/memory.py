"""What outlives a worker's calls: the database, the way out to servers, and the outbox between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from aywa.bridge.postgres import Postgres
from aywa.call.news import CallView
from aywa.model.assistant import Assistant
from aywa.outbound.client import OutboundClient
from aywa.runtime.asking import open_asking
from aywa.runtime.database import Database, open_database
from aywa.runtime.keeper import Keeper, make_keeper
from aywa.runtime.outbox import Outbox, news_plan, open_outbox, targets_of, teller
from aywa.settings import Settings
from aywa.store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Memory:
    """All three, open."""

    database: Database
    asking: OutboundClient
    outbox: Outbox


@asynccontextmanager
async def open_memory(
    settings: Settings,
    assistant: Assistant | None,
    view: CallView,
    sealer: Sealer,
    *,
    worker_id: str,
    rng: Random,
) -> AsyncIterator[Memory]:
    """Open them; calls that other workers lost are ended and told of. Raises StoreError or ConfigError."""
    webhooks, targets = settings.webhooks, targets_of(settings.webhooks, assistant)
    plan = news_plan(targets, assistant, rng, view)

    def keeper_of(postgres: Postgres) -> Keeper:
        return make_keeper(settings, postgres, sealer, rng, worker_id)

    async with (
        open_database(settings.store, worker_id, teller(plan), keeper_of) as database,
        open_asking(settings.outbound) as asking,
        open_outbox(database, asking, targets, webhooks, plan, worker_id=worker_id, rng=rng) as outbox,
    ):
        yield Memory(database, asking, outbox)
