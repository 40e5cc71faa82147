"""What calls are led by, from memory, Redis or PostgreSQL: never old for a second, and there in an outage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import trio

from aywa.bridge.postgres import Postgres
from aywa.bridge.redis import Redis, open_redis
from aywa.errors import StoreError
from aywa.model.organization import DEFAULT_ORGANIZATION as ORG
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.store.changes import follow_changes
from aywa.store.config_cache import ConfigCache
from aywa.store.resources import PostgresResources
from tests.kit.event_world import RedisServer, open_redis_server
from tests.kit.postgres import open_clean_postgres, postgres_url
from tests.kit.resource_store import SEALER

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live
KIND = ResourceKind.ASSISTANT
AT = datetime(2026, 5, 31, tzinfo=UTC)


class Failing:
    """A store that can be switched off, and counts."""

    def __init__(self, store: PostgresResources) -> None:
        self.store = store
        self.away = False
        self.asked = 0

    async def get(self, org_id: UUID, kind: ResourceKind, id: UUID) -> ResourceRow | None:
        self._ask()
        return await self.store.get(org_id, kind, id)

    async def find(self, kind: ResourceKind, unique_key: str) -> ResourceRow | None:
        self._ask()
        return await self.store.find(kind, unique_key)

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise StoreError("database not reachable", retryable=True)


@dataclass
class Node:
    cache: ConfigCache
    store: Failing

    async def name(self, row: ResourceRow) -> object:
        found = await self.cache.get(row.org_id, KIND, row.id)
        return None if found is None else found.body["name"]


@asynccontextmanager
async def open_node(postgres: Postgres, redis: Redis | None, *, hears: bool = True) -> AsyncIterator[Node]:
    store = Failing(PostgresResources(postgres))
    cache = ConfigCache(store, redis, SEALER)  # type: ignore[arg-type]
    async with trio.open_nursery() as nursery:
        if hears:
            nursery.start_soon(follow_changes, postgres, cache)
        nursery.start_soon(cache.serve)
        await until(lambda: (not hears or cache._alive_until > 0) and (redis is None or cache._trusted))
        await trio.sleep(1)  # what was kept from Redis at the start is asked for again
        yield Node(cache, store)
        nursery.cancel_scope.cancel()


async def until(met: Callable[[], bool]) -> None:
    with trio.fail_after(10):
        while True:
            if met():
                return
            await trio.sleep(0.01)


async def becomes(name: str | None, row: ResourceRow, *nodes: Node) -> None:
    """Within the second that is promised."""
    with trio.fail_after(1):
        while True:
            if [await node.name(row) for node in nodes] == [name] * len(nodes):
                return
            await trio.sleep(0.005)


def assistant(name: str, **more: object) -> ResourceRow:
    return ResourceRow(ORG, KIND, uuid4(), {"name": name, **more}, AT, AT)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with open_redis_server(tmp_path) as server:
        yield server


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "alone"])
async def test_a_change_on_one_node_is_in_force_on_another_within_a_second(
    shared: bool, postgres_url: str, redis: RedisServer
) -> None:
    async with (
        open_clean_postgres(postgres_url) as (_, postgres),
        open_redis(redis.url) as client,
        open_node(postgres, client if shared else None) as one,
        open_node(postgres, client if shared else None) as two,
    ):
        row = assistant("before")
        resources = PostgresResources(postgres)
        await resources.create(row)
        await trio.sleep(0.1)
        for node in (one, two, one, two):
            assert await node.name(row) == "before"
        assert one.cache.figures.memory == 1
        if shared:
            await until(lambda: not one.cache._puts)
            two.cache.forget()
            two.cache._redis_until = 0.0
            assert await two.name(row) == "before"
            assert two.cache.figures.redis >= 1, "the other node found it there"
        for turn in range(5):
            current = await resources.get(ORG, KIND, row.id)
            assert current is not None
            await resources.replace(replace(current, body={"name": f"after {turn}"}))
            await becomes(f"after {turn}", row, one, two)
        await resources.delete(ORG, KIND, row.id)
        await becomes(None, row, one, two)


async def test_an_outage_of_postgres_is_served_from_memory_and_from_redis(
    postgres_url: str, redis: RedisServer
) -> None:
    async with (
        open_clean_postgres(postgres_url) as (_, postgres),
        open_redis(redis.url) as client,
        open_node(postgres, client) as one,
        open_node(postgres, client) as two,
        open_node(postgres, None) as alone,
    ):
        row, number = assistant("desk"), "4930123456"
        resources = PostgresResources(postgres)
        await resources.create(row)
        bound = replace(row, kind=ResourceKind.PHONE_NUMBER, id=uuid4(), unique_key=number)
        await resources.create(bound)
        await trio.sleep(0.1)
        for node in (one, alone):
            assert await node.name(row) == "desk"
            assert await node.cache.find(ResourceKind.PHONE_NUMBER, number) is not None
        await until(lambda: not one.cache._puts)
        await trio.sleep(0.1)
        for node in (one, two, alone):
            node.store.away = True
            node.cache._alive_until = 0.0
            node.cache._redis_until = 0.0
        for node in (one, two, alone):
            found = await node.cache.find(ResourceKind.PHONE_NUMBER, number)
            assert found is not None
            assert (found.id, found.unique_key) == (bound.id, number)
            assert await node.name(row) == "desk"
        assert two.store.asked == 0, "it has them from Redis"
        assert alone.cache.figures.stale >= 1 or alone.cache.figures.memory >= 1
        with pytest.raises(StoreError):
            await alone.cache.get(ORG, KIND, uuid4())


async def test_an_outage_of_redis_costs_nothing_but_its_help(postgres_url: str, redis: RedisServer) -> None:
    async with (
        open_clean_postgres(postgres_url) as (_, postgres),
        open_redis(redis.url) as client,
        open_node(postgres, client) as one,
    ):
        row = assistant("desk")
        resources = PostgresResources(postgres)
        await resources.create(row)
        assert await one.name(row) == "desk"
        redis.kill()
        await resources.replace(replace(row, body={"name": "changed"}))
        await becomes("changed", row, one)
        redis.start()
        await until(lambda: one.cache._trusted and not one.cache._told)
        assert await one.name(row) == "changed"


async def test_what_lies_in_redis_says_nothing_to_who_reads_it(postgres_url: str, redis: RedisServer) -> None:
    async with (
        open_clean_postgres(postgres_url) as (_, postgres),
        open_redis(redis.url) as client,
        open_node(postgres, client) as one,
    ):
        row = assistant("canary-prompt", secretish="canary-secret")
        await PostgresResources(postgres).create(row)
        await trio.sleep(0.1)
        assert await one.name(row) == "canary-prompt"
        await until(lambda: not one.cache._puts)
        await trio.sleep(0.1)
        keys = [key async for key in client._client.scan_iter()]
        assert any(b"config:v" in key for key in keys)
        for key in keys:
            kind = await client._client.type(key)
            value = b"" if kind not in (b"string", "string") else await client._client.get(key)
            assert b"canary" not in (value or b"")
            assert str(row.id).encode() not in key
        life = [await client._client.ttl(key) for key in keys if b"config:v" in key]
        assert all(0 < left <= 1800 for left in life)


async def test_what_somebody_else_put_there_is_not_believed(postgres_url: str, redis: RedisServer) -> None:
    async with (
        open_clean_postgres(postgres_url) as (_, postgres),
        open_redis(redis.url) as client,
        open_node(postgres, client) as one,
    ):
        row = assistant("desk")
        await PostgresResources(postgres).create(row)
        await trio.sleep(0.1)
        assert await one.name(row) == "desk"
        await until(lambda: not one.cache._puts)
        await trio.sleep(0.1)
        for key in [key async for key in client._client.scan_iter(b"aywa:config:v:*")]:
            await client._client.set(key, b'["1","",{"name":"theirs"}]')
        one.cache._alive_until = 0.0
        assert await one.name(row) == "desk"
