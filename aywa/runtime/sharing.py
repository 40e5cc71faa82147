"""What the nodes share: Redis, if it is named, and the stream of events, which is there without it too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aywa.bridge.redis import Redis, open_redis
from aywa.clock import wall_ms
from aywa.events.ids import TAG_LENGTH
from aywa.events.redis_log import RedisEventLog
from aywa.events.stream import EventStream, open_events
from aywa.settings import SharingSettings
from aywa.store.sealing import Sealer

_EVENTS = "events"  # what is sealed


@dataclass(frozen=True, slots=True)
class Sharing:
    """Both, open."""

    redis: Redis | None
    events: EventStream


@asynccontextmanager
async def open_sharing(settings: SharingSettings, sealer: Sealer, worker_id: str) -> AsyncIterator[Sharing]:
    """Open them; a Redis that is away is waited for by nobody."""
    async with AsyncExitStack() as stack:
        redis = log = None
        if settings.redis_url:
            redis = await stack.enter_async_context(open_redis(settings.redis_url))
            log = RedisEventLog(redis, partial(sealer.wrap, _EVENTS), partial(sealer.unwrap, _EVENTS))
        node = worker_id[-TAG_LENGTH:]
        events = await stack.enter_async_context(open_events(node, log, wall_ms, kept=settings.events_kept))
        yield Sharing(redis, events)
