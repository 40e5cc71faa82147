"""One embedded PostgreSQL for a test directory, and an emptied database for each test that asks."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from aywa.bridge.asyncio_loop import AsyncioLoop, open_asyncio_loop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.store.embedded import embedded_postgres
from aywa.store.migrations import migrate


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A directory for an embedded server.

    Not pytest's `tmp_path`: every session closes the directories above it to other accounts again, and under
    root the server runs as another account.
    """
    with _temporary() as path:
        yield path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a running server; its database is emptied by `open_clean_postgres`."""
    with _temporary() as path, embedded_postgres(str(path)) as url:
        yield url


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aywa-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@asynccontextmanager
async def open_clean_postgres(
    url: str, *, migrated: bool = True
) -> AsyncIterator[tuple[AsyncioLoop, Postgres]]:
    """A pool on an emptied database, and the loop it runs on."""
    async with open_asyncio_loop() as loop, open_postgres(loop, url, max_connections=6) as postgres:
        await postgres.execute("drop schema public cascade; create schema public")
        if migrated:
            await migrate(postgres)
        yield loop, postgres
