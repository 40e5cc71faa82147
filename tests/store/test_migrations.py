"""Migrations run once, in order, all or nothing, and only forward."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from aywa.bridge.postgres import open_postgres
from aywa.errors import StoreError
from aywa.store.migrations import Migration, load_migrations, migrate
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live


def fake(number: int, sql: str) -> Migration:
    return Migration(number, f"{number:03d}_fake.sql", f"sum-{number}", sql)


async def test_the_second_run_does_nothing(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url, migrated=False) as (_loop, postgres):
        assert await migrate(postgres) == [migration.name for migration in load_migrations()]
        assert await migrate(postgres) == []


async def test_processes_that_start_together_migrate_once(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url, migrated=False) as (loop, postgres):
        applied: list[str] = []

        async def start() -> None:
            async with open_postgres(loop, postgres_url, max_connections=1) as other:
                applied.extend(await migrate(other))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(start)
        assert applied == [migration.name for migration in load_migrations()]
        assert await migrate(postgres) == []


async def test_a_failure_leaves_the_database_as_it_was(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url, migrated=False) as (_loop, postgres):
        with pytest.raises(StoreError):
            await migrate(postgres, [fake(1, "create table one ()"), fake(2, "create table one ()")])
        rows = await postgres.fetch(
            "select to_regclass('one') as one, to_regclass('migrations') as migrations"
        )
        assert (rows[0]["one"], rows[0]["migrations"]) == (None, None)


async def test_a_changed_file_and_a_newer_database_are_refused(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url, migrated=False) as (_loop, postgres):
        files = [fake(1, "create table one ()"), fake(2, "create table two ()")]
        await migrate(postgres, files)
        with pytest.raises(StoreError, match=r"001_fake\.sql was changed"):
            await migrate(postgres, [replace(files[0], checksum="other"), files[1]])
        with pytest.raises(StoreError, match="newer version"):
            await migrate(postgres, files[:1])
