"""Every operation of the API against its own document, with the real store: schemathesis finds nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from threading import Event, Thread

import pytest
import trio
from hypercorn.trio import serve
from structlog.testing import capture_logs

from aywa.artifacts.blobs import DiskBlobs
from aywa.clock import wall_now
from aywa.settings import HttpSettings
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.resources import PostgresResources
from aywa.store.tenancy import Tenancy
from aywa_server.app import create_app
from aywa_server.http_server import bind_http, http_config
from aywa_server.once import Once
from aywa_server.resources.service import Resources
from scripts.openapi import PAGE, ROOT
from tests.kit.api_parts import API_KEY, make_parts
from tests.kit.postgres import open_clean_postgres, postgres_url
from tests.kit.resource_store import SEALER

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live

SECONDS = 40


@pytest.fixture
def url(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """A running API whose resources are in PostgreSQL."""
    http = HttpSettings(port=0, api_keys=(API_KEY,), max_file_bytes=1 << 20, rate_per_key=0)
    sock = bind_http(http)
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    ready, stop = Event(), Event()

    async def run() -> None:
        async with open_clean_postgres(postgres_url) as (_, postgres), trio.open_nursery() as nursery:
            parts = make_parts(
                http=http,
                resources=Resources(PostgresResources(postgres), SEALER, Random(3), wall_now),
                once=Once(PostgresIdempotency(postgres), SEALER, wall_now),
                blobs=DiskBlobs(str(tmp_path)),
            )
            parts = replace(parts, tenancy=Tenancy(postgres))
            wait = partial(trio.to_thread.run_sync, stop.wait)
            config = http_config(http, sock)
            await nursery.start(partial(serve, create_app(parts), config, shutdown_trigger=wait))
            ready.set()

    thread = Thread(target=trio.run, args=(run,))
    with capture_logs():
        thread.start()
        assert ready.wait(30)
        yield address
        stop.set()
        thread.join(30)


def test_no_operation_breaks_its_own_promises(url: str, tmp_path: Path) -> None:
    judged_by = Path(__file__).with_name("schemathesis.toml")
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={judged_by}", "run"]
    command += [str(ROOT / PAGE), f"--url={url}", f"--header=Authorization: Bearer {API_KEY}"]
    command += [f"--max-time={SECONDS}", "--seed=1", "--no-color"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS * 3, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout, done.stdout[-2000:]
