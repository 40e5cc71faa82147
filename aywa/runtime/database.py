"""The store of a running worker: database, migrations, presence, and the calls that other workers lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import trio

from aywa.bridge.asyncio_loop import AsyncioLoop, open_asyncio_loop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.clock import wall_now
from aywa.errors import ConfigError, Gap, StoreError
from aywa.log import get_logger
from aywa.runtime.keeper import Keeper
from aywa.settings import StoreSettings
from aywa.store.calls import PostgresCallStore, TellOfLost
from aywa.store.embedded import open_embedded_postgres
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.migrations import migrate
from aywa.store.presence import hold_presence
from aywa.store.resources import PostgresResources
from aywa.store.spool import Spool
from aywa.store.spooled_calls import SpooledCalls, spare_nothing
from aywa.store.wall import check_wall

_REAP_EVERY_S = 10.0
_PING_BOUND_S = 2.0
_SETTLE_S = 10.0  # other workers take their locks within 2.5 s of the database's return
_EXAMPLE = "postgresql://aywa:secret@127.0.0.1/aywa_voice_runtime"
_log = get_logger("runtime.database")


@dataclass(frozen=True, slots=True)
class Database:
    """An open, migrated database."""

    postgres: Postgres
    calls: SpooledCalls
    resources: PostgresResources
    requests: PostgresIdempotency
    keeper: Keeper | None = None  # who deletes; None: nobody

    async def ping(self) -> None:
        """Raises `StoreError` when PostgreSQL does not answer within two seconds."""
        with trio.move_on_after(_PING_BOUND_S) as bound:
            await self.postgres.fetch("select 1")
        if bound.cancelled_caught:
            raise StoreError(f"PostgreSQL did not answer within {_PING_BOUND_S:g} s", retryable=True)


@asynccontextmanager
async def open_database(
    settings: StoreSettings,
    worker_id: str,
    tell: TellOfLost | None = None,
    keeper_of: Callable[[Postgres], Keeper] | None = None,
) -> AsyncIterator[Database]:
    """Open the database and be seen in it as `worker_id`; ends the calls of dead workers, now and every 10 s.

    What was erased is erased again before anything else is done: the database may be an older one.
    `tell`: as in `PostgresCallStore.end_lost_calls`. Raises `StoreError` or `ConfigError`.
    """
    async with _url(settings) as url, open_asyncio_loop() as loop, _connect(loop, url, settings) as postgres:
        await migrate(postgres)
        await check_wall(postgres)
        keeper = None if keeper_of is None else keeper_of(postgres)
        if keeper is not None:
            await keeper.open()
        async with (
            hold_presence(postgres, worker_id),
            _open_calls(postgres, settings, worker_id, keeper) as calls,
            trio.open_nursery() as nursery,
        ):
            await _reap(calls, worker_id, tell)
            nursery.start_soon(_reap_forever, calls, worker_id, tell)
            nursery.start_soon(calls.serve, name="journal on disk")
            if keeper is not None:
                nursery.start_soon(keeper.serve, name="keeper")
            resources, requests = PostgresResources(postgres), PostgresIdempotency(postgres)
            yield Database(postgres, calls, resources, requests, keeper)
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def _open_calls(
    postgres: Postgres, settings: StoreSettings, worker_id: str, keeper: Keeper | None
) -> AsyncIterator[SpooledCalls]:
    """Raises `ConfigError` where the data directory cannot be written."""
    path = Path(settings.data_dir) / "journal" / f"{worker_id}.journal"
    try:
        spool = await trio.to_thread.run_sync(Spool, path, settings.journal_bytes)
    except OSError as error:
        rule = f"{path.parent} cannot be written ({error.strerror})"
        raise ConfigError([Gap("RUNTIME_DATA_DIR", rule, "/var/lib/aywa")]) from error
    try:
        # nobody else uses the embedded server, or it would not have been stopped
        settle_s = _SETTLE_S if settings.postgres_url else 0.0
        spare = spare_nothing if keeper is None else keeper.spare
        calls = SpooledCalls(PostgresCallStore(postgres, settle_s), spool, spare)
        try:
            yield calls
        finally:
            await calls.close()
    finally:
        spool.close()


def _url(settings: StoreSettings) -> AbstractAsyncContextManager[str]:
    if settings.postgres_url:
        return nullcontext(settings.postgres_url)
    return open_embedded_postgres(settings.data_dir)


@asynccontextmanager
async def _connect(loop: AsyncioLoop, url: str, settings: StoreSettings) -> AsyncIterator[Postgres]:
    """The pool; a database that cannot be reached at start is a fault of the settings."""
    connected = False
    try:
        async with open_postgres(loop, url) as postgres:
            connected = True
            yield postgres
    except StoreError as error:
        if connected or not settings.postgres_url:
            raise
        rule = f"{error.detail}: start that database, or correct the URL"
        raise ConfigError([Gap("RUNTIME_STORE_POSTGRES_URL", rule, _EXAMPLE)]) from error


async def _reap_forever(store: SpooledCalls, worker_id: str, tell: TellOfLost | None) -> None:
    while True:
        await trio.sleep(_REAP_EVERY_S)
        try:
            await _reap(store, worker_id, tell)
        except StoreError as error:
            _log.warning("lost calls cannot be looked for", detail=error.detail)


async def _reap(store: SpooledCalls, worker_id: str, tell: TellOfLost | None) -> None:
    await store.deliver_left()  # before they are ended: it may say that they ended by themselves
    ended = await store.end_lost_calls(worker_id, wall_now(), tell)
    if ended:
        _log.warning("ended calls whose worker is gone", calls=ended)
