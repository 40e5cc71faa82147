"""One embedded PostgreSQL for a test directory, and an emptied database for each test that asks."""

from __future__ import annotations

import atexit
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

import pytest

from aywa.bridge.asyncio_loop import AsyncioLoop, open_asyncio_loop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.store.embedded import embedded_postgres
from aywa.store.migrations import migrate


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A directory for an embedded server, with a new database in it.

    Not pytest's `tmp_path`: every session closes the directories above it to other accounts again, and under
    root the server runs as another account.
    """
    with temporary_dir() as path:
        copy_cluster(path)
        yield path


def copy_cluster(data_dir: Path) -> None:
    """Put an empty database where a server looks for one, unless one is there: making it takes seconds.

    The servers of tests/store, of tests/server and of the demonstration make their own.
    """
    if not (data_dir / "postgres").exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", _cluster() / "postgres", data_dir], check=True)


@cache
def _cluster() -> Path:
    """Made once, by the server's own start, and never started again."""
    stack = ExitStack()
    atexit.register(stack.close)
    path = stack.enter_context(temporary_dir())
    with embedded_postgres(str(path)):
        pass
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a running server; its database is emptied by `open_clean_postgres`."""
    with temporary_dir() as path, embedded_postgres(str(path)) as url:
        yield url


@contextmanager
def temporary_dir() -> Iterator[Path]:
    """A directory that another account may pass through; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="aywa-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@asynccontextmanager
async def open_clean_postgres(
    url: str, *, migrated: bool = True
) -> AsyncIterator[tuple[AsyncioLoop, Postgres]]:
    """A pool on an emptied database, and the loop it runs on."""
    async with open_asyncio_loop() as loop, open_postgres(loop, url, max_connections=6) as postgres:
        await postgres.system().execute("drop schema public cascade; create schema public")
        if migrated:
            await migrate(postgres)
        yield loop, postgres
