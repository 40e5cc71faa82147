"""Whom calls tell of themselves, by the assistant's file and the environment, and the worker that sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import Random

import trio

from aywa.call.news import CallView, NewsPlan, news_of_artifacts, news_of_the_lost
from aywa.clock import wall_now
from aywa.model.assistant import Assistant
from aywa.model.server import DEFAULT_MESSAGES
from aywa.outbound.client import OutboundClient
from aywa.outbox.delivery import Delivery
from aywa.outbox.sign import key_of
from aywa.outbox.targets import ConfiguredTargets, Target
from aywa.outbox.worker import OutboxWorker, WorkerLimits
from aywa.runtime.database import Database
from aywa.settings import WebhookSettings
from aywa.store.artifacts import TellOfArtifacts
from aywa.store.calls import TellOfLost
from aywa.store.outbox import PostgresOutbox

FLUSH_S = 3.0  # for what is due when the runtime ends; the rest is sent by the next one


@dataclass(frozen=True, slots=True)
class Outbox:
    """The queue, who sends from it, and what is put into it."""

    queue: PostgresOutbox
    worker: OutboxWorker
    plan: NewsPlan | None  # whom calls tell


def targets_of(settings: WebhookSettings, assistant: Assistant | None) -> ConfiguredTargets:
    """The servers there are."""
    account = Target(settings.url, secret=settings.secret or None) if settings.url else None
    return ConfiguredTargets(assistant, account)


def news_plan(
    targets: ConfiguredTargets, assistant: Assistant | None, rng: Random, view: CallView
) -> NewsPlan | None:
    """Whom calls tell, and what; None: nobody."""
    first = targets.first()
    if first is None:
        return None
    source, target = first
    wanted = None if assistant is None else assistant.server_messages
    return NewsPlan(
        source,
        target.endpoint,
        rng,
        wall_now,
        frozenset(DEFAULT_MESSAGES if wanted is None else wanted),
        view,
        "" if assistant is None else assistant.name,
    )


def teller(plan: NewsPlan | None) -> TellOfLost | None:
    """Who reports calls whose process is gone."""
    return None if plan is None else partial(news_of_the_lost, plan)


def artifact_teller(plan: NewsPlan | None) -> TellOfArtifacts | None:
    """Who reports that a call's artifacts are stored."""
    return None if plan is None else partial(news_of_artifacts, plan)


@asynccontextmanager
async def open_outbox(
    database: Database,
    client: OutboundClient,
    targets: ConfiguredTargets,
    settings: WebhookSettings,
    plan: NewsPlan | None,
    *,
    worker_id: str,
    rng: Random,
) -> AsyncIterator[Outbox]:
    """A worker that sends; leaving the block sends what is due, for `FLUSH_S` at most."""
    keys = [key_of(secret) for secret in settings.signing]
    delivery = Delivery(client, targets, keys, clock=wall_now, rng=rng)
    limits = WorkerLimits(delivered_days=settings.keep_days)
    queue = PostgresOutbox(database.postgres)
    worker = OutboxWorker(queue, delivery, worker_id=worker_id, clock=wall_now, limits=limits)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.serve, name="outbox")
        try:
            yield Outbox(queue, worker, plan)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + FLUSH_S):
                await worker.drain(FLUSH_S)
            nursery.cancel_scope.cancel()
