"""The files of calls: where they go, the spool they go through, and how it is doing."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import trio

from aywa.artifacts.call_logs import encode_logs
from aywa.artifacts.keeper import ArtifactKeeper
from aywa.artifacts.maker import ArtifactMaker
from aywa.artifacts.objects import ObjectStore, open_store
from aywa.artifacts.spool import Spool
from aywa.artifacts.spool_gate import SpoolGate
from aywa.artifacts.store_health import StoreHealth, StoreState
from aywa.clock import wall_now
from aywa.errors import AywaError
from aywa.ports.store import CallRow
from aywa.runtime.database import Database
from aywa.settings import ArtifactSettings
from aywa.store.artifacts import PostgresArtifacts, TellOfArtifacts


@dataclass(frozen=True, slots=True)
class Artifacts:
    """All of it, open. `store` is None where artifacts stay on the disk."""

    settings: ArtifactSettings
    host: str
    store: ObjectStore | None
    book: PostgresArtifacts
    spool: Spool
    keeper: ArtifactKeeper

    async def check(self) -> str:
        """Not ready only while recordings of new calls are refused: what waits is safe on the disk."""
        await trio.lowlevel.checkpoint()
        gate, health = self.spool.gate, self.spool.health
        if gate.reason:
            raise AywaError(f"calls are not recorded: {gate.reason}")
        if self.store is None:
            return "on this disk"
        waiting = f"{gate.figures.files} calls wait, {gate.figures.size} bytes"
        if health.state is StoreState.AWAY:
            return f"{self.store.name}: {health.detail}; {waiting}"
        return f"{self.store.name}; {waiting}"

    def gauges(self) -> dict[str, float]:
        """By metric name, without the prefix."""
        figures = self.spool.gate.figures
        return {
            "spool_calls": figures.files,
            "spool_bytes": figures.size,
            "spool_oldest_seconds": figures.oldest_s,
            "spool_orphans": figures.orphans,
            "spool_refusing": bool(self.spool.gate.reason),
            "artifact_store_away": self.spool.health.state is StoreState.AWAY,
            "artifacts_stored": figures.stored,
            "artifacts_lost": figures.lost,
            "artifact_failures": figures.failures,
            "recordings_repaired": figures.repaired,
            "recordings_refused": figures.refused,
        }


def gate_of(settings: ArtifactSettings) -> SpoolGate:
    """What bounds the recordings on the disk: nothing but the disk where they stay."""
    if settings.stays:
        return SpoolGate()
    return SpoolGate(settings.spool_max_bytes, settings.spool_max_age_s)


@asynccontextmanager
async def open_artifacts(
    settings: ArtifactSettings,
    database: Database,
    tell: TellOfArtifacts | None,
    told: Callable[[], None],
    gate: SpoolGate,
    rng: Random,
) -> AsyncIterator[Artifacts]:
    """Repair what lies there and work on it while the block lasts.

    `tell`: as in `PostgresArtifacts`. `told`: a message for a server was committed. Raises StoreError for a
    directory that cannot be made.
    """
    store = await trio.to_thread.run_sync(open_store, settings)
    book = PostgresArtifacts(database.postgres, tell, told)
    health, host = StoreHealth(rng), socket.gethostname()

    async def logs(row: CallRow) -> bytes:
        return encode_logs(row, await database.calls.of(row.org_id).timeline(row.id))

    maker = ArtifactMaker(store, book, health, gate.figures, host=host, logs=logs, rng=rng)
    spool = Spool(
        settings.directory,
        book,
        maker,
        gate,
        health,
        stays=store is None,
        host=host,
        clock=wall_now,
        rng=rng,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(spool.serve)
        yield Artifacts(settings, host, store, book, spool, ArtifactKeeper(settings.directory, store, book))
        nursery.cancel_scope.cancel()
