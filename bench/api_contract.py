"""`python -m bench api_contract [--seconds S] [--seed N] [--phases P]`: the API against its own document.

schemathesis asks the real app on a real PostgreSQL: each operation with what its schema allows and forbids,
and sequences of them by the ids that answers carry. How it judges, and each exception with its reason, is in
`api_contract.toml`. 1 when it finds anything: what it tries differs from run to run, for ids do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from threading import Event, Thread

import trio
from hypercorn.trio import serve
from structlog.testing import capture_logs

from aywa.artifacts.blobs import DiskBlobs
from aywa.clock import wall_now
from aywa.proto.outbound_rules import PUBLIC_ONLY
from aywa.runtime.knowledge import open_knowledge
from aywa.settings import HttpSettings, KnowledgeSettings
from aywa.store.embedded import embedded_postgres
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.resources import PostgresResources
from aywa.store.tenancy import Tenancy
from aywa_server.app import create_app
from aywa_server.http_server import bind_http, http_config
from aywa_server.once import Once
from aywa_server.resources.service import Resources
from scripts.openapi import PAGE, ROOT
from tests.kit.api_parts import API_KEY, make_parts
from tests.kit.erasers import make_eraser
from tests.kit.postgres import open_clean_postgres, temporary_dir
from tests.kit.resource_store import SEALER

_STARTS_S = 30


@contextmanager
def open_api(postgres_url: str, folder: Path) -> Iterator[str]:
    """The address of a running API whose resources are in PostgreSQL. No rate is limited."""
    unlimited = HttpSettings(rate_per_key=0, wrong_keys_per_minute=0)
    http = replace(unlimited, port=0, api_keys=(API_KEY,), max_file_bytes=1 << 20)
    sock = bind_http(http)
    ready, stop = Event(), Event()

    async def stopped() -> None:
        await trio.to_thread.run_sync(stop.wait)

    async def run() -> None:
        blobs = DiskBlobs(str(folder))
        async with (
            open_clean_postgres(postgres_url) as (_, postgres),
            open_knowledge(KnowledgeSettings(), postgres, blobs, PUBLIC_ONLY) as knowledge,
            trio.open_nursery() as nursery,
        ):
            parts = make_parts(
                http=http,
                resources=Resources(PostgresResources(postgres), SEALER, Random(3), wall_now),
                once=Once(PostgresIdempotency(postgres), SEALER, wall_now),
                blobs=blobs,
            )
            eraser = make_eraser(postgres, str(folder))
            parts = replace(parts, tenancy=Tenancy(postgres), eraser=eraser, knowledge=knowledge)
            config = http_config(http, sock)
            await nursery.start(partial(serve, create_app(parts), config, shutdown_trigger=stopped))
            ready.set()

    thread = Thread(target=trio.run, args=(run,))
    with capture_logs():
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        thread.start()
        if not ready.wait(_STARTS_S):
            raise TimeoutError("the API did not start")
        yield url
        stop.set()
        thread.join(_STARTS_S)


def main() -> int:
    """What schemathesis returns: 0 when it finds nothing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="coverage,fuzzing,stateful", help="of schemathesis")
    arguments = parser.parse_args()
    judged_by = Path(__file__).with_suffix(".toml")
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={judged_by}", "run"]
    with (
        temporary_dir() as data,
        temporary_dir() as folder,
        embedded_postgres(str(data)) as postgres_url,
        open_api(postgres_url, Path(str(folder))) as url,
    ):
        command += [str(ROOT / PAGE), f"--url={url}", f"--header=Authorization: Bearer {API_KEY}"]
        command += [f"--max-time={arguments.seconds}", f"--seed={arguments.seed}"]
        command += [f"--phases={arguments.phases}", "--no-color"]
        return subprocess.run(command, check=False, cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
