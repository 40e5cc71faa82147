"""The worker that sends what calls tell, and whom they tell by the settings alone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from uuid import UUID

import trio

from aywa.call.news import later_news
from aywa.call.news_events import Message
from aywa.call.news_plan import CallView, Listener, NewsPlan, wanted
from aywa.clock import wall_now
from aywa.model.assistant import Assistant
from aywa.outbound.client import OutboundClient
from aywa.outbox.delivery import Delivery
from aywa.outbox.requests import Requests
from aywa.outbox.sending import Sender
from aywa.outbox.sign import key_of
from aywa.outbox.targets import ACCOUNT, ASSISTANT, ConfiguredTargets, Target
from aywa.outbox.worker import OutboxWorker, WorkerLimits
from aywa.ports.tools import McpAccess
from aywa.providers.mcp.client import McpClient
from aywa.runtime.database import Database
from aywa.runtime.news_desk import NewsDesk
from aywa.runtime.stored_targets import StoredTargets
from aywa.runtime.tracing import tracing_wanted
from aywa.settings import WebhookSettings
from aywa.store.outbox import PostgresOutbox
from aywa.store.sealing import Sealer

FLUSH_S = 3.0  # for what is due when the runtime ends; the rest is sent by the next one


@dataclass(frozen=True, slots=True)
class Wires:
    """Ways out to servers: what is asked in a call waits for no message that hangs."""

    messages: OutboundClient
    asking: OutboundClient


@dataclass(frozen=True, slots=True)
class Outbox:
    """The queue, who sends from it, whom calls tell, and who asks servers."""

    queue: PostgresOutbox
    worker: OutboxWorker
    plan: NewsPlan  # of a call that nothing but the settings leads
    desk: NewsDesk
    requests: Requests
    database: Database
    mcp: McpClient

    async def tell_later(self, org_id: UUID, call_id: str, *messages: Message) -> int:
        """Tell the servers of a call that is over; returns how many messages that is. Raises StoreError."""
        told = await self.database.calls.tell_later(org_id, call_id, partial(later_news, self.plan, messages))
        self.worker.wake()
        return told


def targets_of(settings: WebhookSettings, assistant: Assistant | None) -> ConfiguredTargets:
    """The servers of the settings."""
    account = Target(settings.url, secret=settings.secret or None) if settings.url else None
    return ConfiguredTargets(assistant, account)


def usual_plan(
    targets: ConfiguredTargets, assistant: Assistant | None, rng: Random, view: CallView
) -> NewsPlan:
    """Whom calls tell that nothing but the settings leads."""
    plan = NewsPlan((), rng, wall_now, view)
    messages = None if assistant is None else assistant.server_messages
    if assistant is not None and assistant.name:
        plan = replace(plan, assistant={"name": assistant.name})
    for source in (ASSISTANT, ACCOUNT):
        if (target := targets.get(source)) is not None:
            return replace(plan, listeners=(Listener(source, target.endpoint, wanted(messages, None)),))
    return plan


@asynccontextmanager
async def open_outbox(
    database: Database,
    wires: Wires,
    sealer: Sealer,
    settings: WebhookSettings,
    assistant: Assistant | None,
    plan: NewsPlan,
    *,
    worker_id: str,
) -> AsyncIterator[Outbox]:
    """A worker that sends; leaving the block sends what is due, for `FLUSH_S` at most."""
    keys: Sequence[bytes] = [key_of(secret) for secret in settings.signing]
    configured = targets_of(settings, assistant)
    targets = StoredTargets(database.resources, sealer, configured)
    traced = tracing_wanted(os.environ)
    delivery = Delivery(Sender(wires.messages, keys), targets, clock=wall_now, rng=plan.rng, traced=traced)
    limits = WorkerLimits(delivered_days=settings.keep_days)
    queue = PostgresOutbox(database.postgres)
    worker = OutboxWorker(queue, delivery, worker_id=worker_id, clock=wall_now, limits=limits)
    blank = replace(plan, listeners=(), assistant=None)
    desk = NewsDesk(database.resources, sealer, configured, assistant, blank, also=targets.forget)
    requests = Requests(Sender(wires.asking, keys), targets, clock=wall_now, rng=plan.rng)
    mcp = McpClient(wires.asking, partial(_credentials, requests))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.serve, name="outbox")
        try:
            yield Outbox(queue, worker, plan, desk, requests, database, mcp)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + FLUSH_S):
                await worker.drain(FLUSH_S)
            nursery.cancel_scope.cancel()


async def _credentials(requests: Requests, org_id: UUID, access: McpAccess) -> list[tuple[str, str]]:
    return await requests.credentials(org_id, access.url, access.credential_id)
