"""Who is alive: each worker holds a PostgreSQL session lock on its own id for as long as it lives.

Why a lock and not a heartbeat row: the lock is gone the moment the kernel closes the dead worker's socket, so
a process that restarts within a second already sees that its forerunner is dead, whereas a heartbeat has to
be stale for some multiple of its period before anybody may act on it; and a worker whose event loop stands
still for a while is not taken for dead. A host that loses its power closes nothing: there TCP keepalive ends
the session (25 s, see `bridge.postgres`). If the connection breaks under a living worker, the lock is taken
again on a new one within `RECHECK_S`; should another worker end its calls in between, the next `save_call` of
the owner puts the row right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from aywa.bridge.postgres import Postgres, Session
from aywa.errors import StoreError
from aywa.log import get_logger

PRESENCE_NAMESPACE = 0x41595741  # the first half of the lock's key; the second is hashtext(worker_id)
RECHECK_S = 2.0
_log = get_logger("store.presence")


@asynccontextmanager
async def hold_presence(postgres: Postgres, worker_id: str) -> AsyncIterator[None]:
    """Be seen as alive while the block lasts; one of the pool's connections is taken for it.

    Raises `StoreError` if the lock cannot be had, which means that another process uses this id.
    """
    async with trio.open_nursery() as nursery:
        await nursery.start(_serve_presence, postgres, worker_id)
        yield
        nursery.cancel_scope.cancel()


async def _serve_presence(
    postgres: Postgres, worker_id: str, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    started = False
    while True:
        try:
            async with postgres.session() as session:
                if not await _take(session, worker_id):
                    raise StoreError("another process runs under this worker id", retryable=True)
                if not started:
                    started = True
                    task_status.started()
                while True:
                    await trio.sleep(RECHECK_S)
                    await session.execute("select 1")
        except StoreError as error:
            if not started:
                raise
            _log.warning("presence.lost", detail=error.detail)
            await trio.sleep(RECHECK_S)


async def _take(session: Session, worker_id: str) -> bool:
    rows = await session.fetch(
        "select pg_try_advisory_lock($1, hashtext($2)) as held", PRESENCE_NAMESPACE, worker_id
    )
    return bool(rows[0]["held"])
