"""What keeping tenants apart costs the store: statements in a scope beside bare ones.

`python -m bench.store_scopes`: a batch of 2,000 timeline entries, as the journal writes them, and a call read
by its id, as the API does; the ratio of the medians.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID, uuid4

import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.store.embedded import open_embedded_postgres
from aywa.store.migrations import migrate
from aywa.store.queries import load_queries

ROUNDS = 60
BATCH = 2_000
READS = 300


def main() -> None:
    """Print both."""
    trio.run(_measure)


async def _measure() -> None:
    with TemporaryDirectory(prefix="aywa-bench-") as directory:
        await trio.Path(directory).chmod(0o711)
        async with (
            open_embedded_postgres(directory) as url,
            open_asyncio_loop() as loop,
            open_postgres(loop, url) as postgres,
        ):
            await migrate(postgres)
            # who owns the tables and asks for no organisation: what every statement was before
            async with postgres.session() as bare:
                await bare.execute("reset role; set aywa.org_id = 'system'")
                await _compare(
                    f"{BATCH} entries",
                    {
                        "bare": lambda: bare.execute(_APPEND, *_batch()),
                        "system": lambda: postgres.system().execute(_APPEND, *_batch()),
                    },
                    ROUNDS,
                )
                call_id = UUID(int=7)
                tenant = postgres.tenant(DEFAULT_ORGANIZATION)
                await _compare(
                    "a call read",
                    {
                        "bare": lambda: bare.fetch(_GET, call_id, DEFAULT_ORGANIZATION),
                        "pool": lambda: _pooled(postgres, call_id),
                        "tenant": lambda: tenant.fetch(_GET, call_id, DEFAULT_ORGANIZATION),
                    },
                    READS,
                )


async def _pooled(postgres: Postgres, call_id: UUID) -> object:
    return await postgres.fetch(_GET, call_id, DEFAULT_ORGANIZATION)


async def _compare(what: str, ways: dict[str, Callable[[], Awaitable[object]]], rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 5):
        for name, way in ways.items():  # in turn, so that what slows the machine slows all
            began = perf_counter()
            await way()
            if number >= 5:
                times[name].append(perf_counter() - began)
    medians = {name: median(each) * 1000 for name, each in times.items()}
    first = next(iter(medians.values()))
    told = ", ".join(f"{name} {ms:.3f} ms ({ms / first:.2f})" for name, ms in medians.items())
    print(f"{what}: {told}")


def _batch() -> tuple[object, ...]:
    call = uuid4()
    seqs = list(range(1, BATCH + 1))
    return (
        [call] * BATCH,
        seqs,
        seqs,
        ["turn.state"] * BATCH,
        ['{"from": "listening", "to": "waiting", "wait_s": 0.5}'] * BATCH,
        [DEFAULT_ORGANIZATION] * BATCH,
    )


_APPEND = load_queries("calls")["append_timeline"]
_GET = load_queries("calls")["get_call"]

if __name__ == "__main__":
    main()
