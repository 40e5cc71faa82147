"""Counts of a day: kept, taken up, and never lower than they were."""

from __future__ import annotations

import pytest

from aywa.dialling.usage import DayUsage
from aywa.store.dial_usage import KEPT_DAYS, PostgresDialUsage
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live


async def test_counts_are_kept_by_day_and_never_fall(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresDialUsage(postgres)
        assert await store.load(20_000) == []
        key, trunk = DayUsage("key:a", 20_000, 3, 61.5), DayUsage("trunk:pbx", 20_000, 4, 70.0)
        await store.save([key, trunk, DayUsage("key:a", 19_999, 9, 900.0)])
        assert await store.load(20_000) == [key, trunk]
        await store.save([DayUsage("key:a", 20_000, 5, 60.0)])
        assert (await store.load(20_000))[0] == DayUsage("key:a", 20_000, 5, 61.5)


async def test_old_days_are_forgotten(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = PostgresDialUsage(postgres)
        await store.save([DayUsage("key:a", 100, 1, 1.0)])
        await store.load(100 + KEPT_DAYS)
        assert await store.load(100) == [DayUsage("key:a", 100, 1, 1.0)]
        await store.load(101 + KEPT_DAYS)
        assert await store.load(100) == []
