"""What calls are led by, kept in memory and in Redis, and forgotten when it changes.

In memory it is fresh while changes are heard (`store.changes`). In Redis, where all nodes find it for half an
hour, it is good for a generation: each change begins a new one of what it concerns, and a node that cannot
have heard everything begins a new one of all. What an outage of PostgreSQL leaves is better than no answer:
then the last that is known serves.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import trio

from aywa.bridge.redis import Redis
from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.ports.resources import ResourceKind, ResourceRow, ResourceStore
from aywa.store.sealing import Sealer

TTL_S = 1800.0
MAX_KEPT = 20_000  # rows in memory; callers may make up numbers
LOOK_UP_S = 0.8  # of PostgreSQL: a caller hears nothing meanwhile
REDIS_S = 0.25
PAUSE_S = 0.8  # after a failure, before it is asked again
_PURPOSE = "config"
_EPOCH = "aywa:config:epoch"
_WAITING = 1_000
# Only what no change has overtaken. KEYS: epoch, generation, value. ARGV: both as they were, value, life.
_PUT = """
if (redis.call('get', KEYS[1]) or '') == ARGV[1] and (redis.call('get', KEYS[2]) or '') == ARGV[2] then
    redis.call('set', KEYS[3], ARGV[3], 'EX', ARGV[4])
end
"""
_log = get_logger("store.config")


@dataclass(slots=True)
class _Kept:
    row: ResourceRow | None
    group: str
    until: float  # fresh; it serves in need after that


@dataclass(frozen=True, slots=True)
class _Found:
    row: ResourceRow | None


@dataclass(frozen=True, slots=True)
class _Put:
    """For Redis, as it was when it was read."""

    key: str
    group: str
    epoch: bytes
    generation: bytes
    row: ResourceRow | None


@dataclass(slots=True)
class CacheFigures:
    """Since the start."""

    memory: int = 0
    redis: int = 0
    postgres: int = 0
    stale: int = 0  # PostgreSQL was away: the last that was known


class ConfigCache:
    """`get` and `find` as in `ResourceStore`. Implements `ChangeListener`."""

    def __init__(self, store: ResourceStore, redis: Redis | None, sealer: Sealer) -> None:
        self.figures = CacheFigures()
        self._store = store
        self._redis = redis
        self._sealer = sealer
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._changes = 0
        self._alive_until = 0.0
        self._failed_until = 0.0
        self._redis_until = 0.0  # not asked before
        self._trusted = False  # Redis knows of all changes that this node does
        self._told: deque[str] = deque()  # groups whose change Redis is to know of
        self._puts: deque[_Put] = deque(maxlen=_WAITING)
        self._wake = trio.Event()

    async def get(self, org_id: UUID, kind: ResourceKind, id: UUID) -> ResourceRow | None:
        """The row, or None. Raises `StoreError` where nothing is known and nothing can be found out."""
        key = f"{org_id}/{kind.value}/{id}"
        return await self._look_up(key, key, lambda: self._store.get(org_id, kind, id))

    async def find(self, kind: ResourceKind, unique_key: str) -> ResourceRow | None:
        """Whoever has this key, in whichever organisation. Raises as `get` does."""
        group = f"find/{kind.value}"
        return await self._look_up(f"{group}/{unique_key}", group, lambda: self._store.find(kind, unique_key))

    def forget(self) -> None:
        """Something was changed by this process: its next call sees it, whoever hears of it when."""
        self._changes += 1
        for kept in self._kept.values():
            kept.until = 0.0
        self._redis_until = trio.current_time() + PAUSE_S  # until it knows too

    def heard(self, change: str) -> None:
        """`organisation/kind/id` has changed."""
        kind = change.split("/")[1] if change.count("/") == 2 else ""
        groups = {change, f"find/{kind}"}
        self._changes += 1
        for kept in self._kept.values():
            if kept.group in groups:
                kept.until = 0.0
        self._told.extend(sorted(groups))
        self._wake.set()

    def connected(self) -> None:
        """What came before may have been missed."""
        self.forget()
        self._trusted = False
        self._wake.set()

    def alive(self, until: float) -> None:
        """Nothing was missed."""
        self._alive_until = until

    async def serve(self) -> None:
        """Tell Redis of changes, and give it what was read, until cancelled."""
        if self._redis is None:
            await trio.sleep_forever()
            return
        while True:
            while self._trusted and not (self._told or self._puts):
                self._wake = trio.Event()
                await self._wake.wait()
            try:
                await self._serve_one(self._redis)
            except StoreError:
                self._trusted = False
                await trio.sleep(PAUSE_S)

    async def _serve_one(self, redis: Redis) -> None:
        if not self._trusted:
            changes = self._changes
            await redis.increase(_EPOCH)
            self._puts.clear()
            if changes == self._changes:
                self._told.clear()
                self._trusted = True
        elif self._told:
            await redis.increase(_generation(self._told[0]), int(2 * TTL_S))
            self._told.popleft()
        else:
            put = self._puts.popleft()
            packed = json.dumps([put.epoch.decode(), put.generation.decode(), _packed(put.row)]).encode()
            sealed = self._sealer.wrap(_PURPOSE, packed)
            keys = (_EPOCH, _generation(put.group), _value(put.key))
            await redis.run(_PUT, keys, (put.epoch, put.generation, sealed, int(TTL_S)))

    async def _look_up(
        self, key: str, group: str, read: Callable[[], Awaitable[ResourceRow | None]]
    ) -> ResourceRow | None:
        now, kept = trio.current_time(), self._kept.get(key)
        if kept is not None and now < min(kept.until, self._alive_until):
            self.figures.memory += 1
            return kept.row
        changes = self._changes
        found, place = await self._from_redis(key, group)
        if found is None:
            try:
                found = _Found(await self._from_postgres(read))
            except StoreError:
                if kept is None:
                    raise
                self.figures.stale += 1
                return kept.row
            if place is not None:
                self._puts.append(_Put(key, group, *place, found.row))
                self._wake.set()
        self._keep(key, group, found.row, now + TTL_S if changes == self._changes else 0.0)
        return found.row

    async def _from_postgres(self, read: Callable[[], Awaitable[ResourceRow | None]]) -> ResourceRow | None:
        if trio.current_time() < self._failed_until:
            raise StoreError("the database did not answer a moment ago", retryable=True)
        try:
            with trio.fail_after(LOOK_UP_S):
                row = await read()
        except (StoreError, trio.TooSlowError) as error:
            self._failed_until = trio.current_time() + PAUSE_S
            raise StoreError("the database does not answer", retryable=True) from error
        self.figures.postgres += 1
        return row

    async def _from_redis(self, key: str, group: str) -> tuple[_Found | None, tuple[bytes, bytes] | None]:
        """What is there and good, and else the generations by which an answer may be put there."""
        redis = self._redis
        if redis is None or not self._trusted or self._told or trio.current_time() < self._redis_until:
            return None, None
        try:
            with trio.fail_after(REDIS_S):
                epoch, generation, sealed = await redis.get(_EPOCH, _generation(group), _value(key))
        except (StoreError, trio.TooSlowError):
            self._redis_until = trio.current_time() + PAUSE_S
            return None, None
        place = epoch or b"", generation or b""
        if sealed is None:
            return None, place
        try:
            was_epoch, was_generation, packed = json.loads(self._sealer.unwrap(_PURPOSE, sealed))
            if (was_epoch.encode(), was_generation.encode()) != place:
                return None, place
            found = _Found(_unpacked(packed))
        except (StoreError, ValueError, TypeError, KeyError) as error:
            _log.warning("what was left with Redis cannot be read", error=type(error).__name__)
            return None, place
        self.figures.redis += 1
        return found, place

    def _keep(self, key: str, group: str, row: ResourceRow | None, until: float) -> None:
        before = self._kept.get(key)
        if before is not None and before.row == row:
            row = before.row  # who has made something of it compares by identity
        self._kept[key] = _Kept(row, group, until)
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


def _generation(group: str) -> str:
    return f"aywa:config:g:{_digest(group)}"


def _value(key: str) -> str:
    return f"aywa:config:v:{_digest(key)}"


def _digest(text: str) -> str:
    """Keys have telephone numbers in them."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _packed(row: ResourceRow | None) -> dict[str, Any] | None:
    """Its secrets stay in their own envelope."""
    if row is None:
        return None
    return {
        "org_id": str(row.org_id),
        "kind": row.kind.value,
        "id": str(row.id),
        "body": dict(row.body),
        "sealed": None if row.sealed is None else dict(row.sealed),
        "unique_key": row.unique_key,
        "version": row.version,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }


def _unpacked(packed: dict[str, Any] | None) -> ResourceRow | None:
    """Raises ValueError, TypeError or KeyError."""
    if packed is None:
        return None
    return ResourceRow(
        org_id=UUID(packed["org_id"]),
        kind=ResourceKind(packed["kind"]),
        id=UUID(packed["id"]),
        body=packed["body"],
        sealed=packed["sealed"],
        unique_key=packed["unique_key"],
        version=packed["version"],
        created_at=datetime.fromisoformat(packed["created_at"]),
        updated_at=datetime.fromisoformat(packed["updated_at"]),
    )
