"""How long a key is believed: a second while the database answers, minutes while it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
import trio

from aywa.errors import StoreError
from aywa.model.api_key import KeyScope
from aywa.model.key_token import KeyKind
from aywa.store.api_keys import KeyRow
from aywa_server.buckets import MAX_NAMES, Buckets
from aywa_server.key_cache import KEPT_S, MAX_KEYS, KeyCache

AT = datetime(2026, 11, 1, tzinfo=UTC)
ROW = KeyRow(UUID(int=1), None, KeyKind.ADMIN, "n", "h", (KeyScope.READ,), AT, "me")
DIGEST = b"d" * 32


class Database:
    """Finds one key; is away on demand, or does not answer."""

    def __init__(self) -> None:
        self.row: KeyRow | None = ROW
        self.away = self.hangs = False
        self.asked = 0

    async def find(self, digest: bytes) -> KeyRow | None:
        self.asked += 1
        if self.hangs:
            await trio.sleep_forever()
        if self.away:
            raise StoreError("away", retryable=True)
        return self.row


async def test_a_key_is_looked_up_once_a_second_and_its_end_is_seen_within_one(
    autojump_clock: trio.testing.MockClock,
) -> None:
    database = Database()
    cache = KeyCache(database.find, trio.current_time)
    for _ in range(100):
        assert await cache.get(DIGEST) == ROW
        await trio.sleep(0.1)
    assert database.asked in (12, 13)
    database.row = replace(ROW, revoked_at=AT)
    await trio.sleep(1.0)
    assert await cache.get(DIGEST) == database.row


async def test_while_the_database_is_away_a_known_key_is_good_for_minutes(
    autojump_clock: trio.testing.MockClock,
) -> None:
    database = Database()
    cache = KeyCache(database.find, trio.current_time)
    await cache.get(DIGEST)
    database.away = True
    await trio.sleep(KEPT_S - 5)
    assert await cache.get(DIGEST) == ROW
    with pytest.raises(StoreError, match="cannot be checked"):
        await cache.get(b"o" * 32)
    await trio.sleep(10)
    with pytest.raises(StoreError):
        await cache.get(DIGEST)
    database.away = False
    await trio.sleep(1)
    assert await cache.get(DIGEST) == ROW


async def test_a_database_that_hangs_holds_one_request_up_for_half_a_second(
    autojump_clock: trio.testing.MockClock,
) -> None:
    database = Database()
    cache = KeyCache(database.find, trio.current_time)
    await cache.get(DIGEST)
    database.hangs = True
    await trio.sleep(2)
    began = trio.current_time()
    assert await cache.get(DIGEST) == ROW
    assert trio.current_time() - began == pytest.approx(0.5)
    for _ in range(5):
        assert await cache.get(DIGEST) == ROW
    assert trio.current_time() - began == pytest.approx(0.5), "the others do not wait"


async def test_keys_that_do_not_exist_are_not_kept(autojump_clock: trio.testing.MockClock) -> None:
    database = Database()
    cache = KeyCache(database.find, trio.current_time)
    await cache.get(DIGEST)
    database.row = None
    assert await cache.get(b"o" * 32) is None
    assert cache.knows(DIGEST)
    assert not cache.knows(b"o" * 32)
    await trio.sleep(1)
    assert await cache.get(DIGEST) is None
    assert not cache.knows(DIGEST)


async def test_the_cache_is_bounded(autojump_clock: trio.testing.MockClock) -> None:
    cache = KeyCache(Database().find, trio.current_time)
    for number in range(MAX_KEYS + 5):
        await cache.get(number.to_bytes(32, "big"))
    assert not cache.knows((4).to_bytes(32, "big"))
    assert cache.knows((5).to_bytes(32, "big"))


def test_a_bucket_fills_again() -> None:
    now = 0.0
    buckets = Buckets(2.0, 4.0, lambda: now)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert buckets.wait("a") == 0.5
    assert buckets.wait("b") == buckets.take("b") == 0
    now = 0.5
    assert (buckets.take("a"), buckets.take("a")) == (0, 0.5)
    now = 60.0
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_buckets_are_bounded_and_a_rate_of_zero_is_none() -> None:
    buckets = Buckets(1.0, 1.0, lambda: 0.0)
    for number in range(MAX_NAMES + 1):
        assert buckets.take(str(number)) == 0
    assert buckets.take("0") == 0, "the oldest was forgotten"
    assert buckets.take(str(MAX_NAMES)) == 1
    free = Buckets(0, 0, lambda: 0.0)
    assert {free.take("a") for _ in range(1000)} == {0.0}
