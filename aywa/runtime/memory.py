"""What outlives a worker's calls: the database, the way out to servers with the outbox, artifacts, files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import Random

from aywa.artifacts.spool_gate import SpoolGate
from aywa.bridge.postgres import Postgres
from aywa.call.news import news_of_artifacts, news_of_the_lost
from aywa.call.news_plan import CallView
from aywa.proto.outbound_rules import outbound_rules
from aywa.runtime.allow_list import audit_allow_list
from aywa.runtime.artifacts import Artifacts, open_artifacts
from aywa.runtime.asking import open_asking
from aywa.runtime.database import Database, open_database
from aywa.runtime.keeper import Keeper, make_keeper
from aywa.runtime.knowledge import Knowledge, files_of, open_knowledge
from aywa.runtime.named_files import NamedFiles
from aywa.runtime.outbox import Outbox, Wires, open_outbox, targets_of, usual_plan
from aywa.settings import Settings


@dataclass(frozen=True, slots=True)
class Memory:
    """All four, open."""

    database: Database
    outbox: Outbox
    artifacts: Artifacts
    knowledge: Knowledge


@asynccontextmanager
async def open_memory(
    settings: Settings,
    files: NamedFiles,
    view: CallView,
    gate: SpoolGate,
    *,
    worker_id: str,
    rng: Random,
) -> AsyncIterator[Memory]:
    """Open them; calls that other workers lost are ended and told of. Raises StoreError or ConfigError."""
    webhooks, assistant = settings.webhooks, files.assistant
    plan = usual_plan(targets_of(webhooks, assistant), assistant, rng, view)

    def keeper_of(postgres: Postgres) -> Keeper:
        return make_keeper(settings, postgres, files.sealer, rng, worker_id)

    async with (
        open_database(settings.store, worker_id, partial(news_of_the_lost, plan), keeper_of) as database,
        open_asking(settings.outbound) as messages,
        open_asking(settings.outbound, tell=False) as asking,
        open_outbox(
            database, Wires(messages, asking), files.sealer, webhooks, assistant, plan, worker_id=worker_id
        ) as outbox,
        open_artifacts(
            settings.artifacts,
            database,
            partial(news_of_artifacts, plan),
            outbox.worker.wake,
            gate,
            rng,
        ) as artifacts,
        open_knowledge(
            settings.knowledge,
            database.postgres,
            files_of(settings.store.data_dir),
            outbound_rules(settings.outbound.private),
        ) as knowledge,
    ):
        await audit_allow_list(database.postgres, settings.outbound.private, worker_id)
        yield Memory(database, outbox, artifacts, knowledge)
