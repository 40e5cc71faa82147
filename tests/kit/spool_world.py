"""A spool on a real database and, if there is one, a real store; and the calls whose files lie in it."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import UUID

import trio

from aywa.artifacts.call_logs import encode_logs
from aywa.artifacts.keeper import ArtifactKeeper
from aywa.artifacts.maker import ArtifactMaker
from aywa.artifacts.objects import ObjectStore
from aywa.artifacts.spool import Spool
from aywa.artifacts.spool_gate import SpoolGate
from aywa.artifacts.store_health import StoreHealth
from aywa.artifacts.wav import write_stereo
from aywa.bridge.postgres import Postgres
from aywa.clock import wall_now
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.store import CallRow, CallStatus, TimelineEntry
from aywa.store.artifacts import PostgresArtifacts, TellOfArtifacts
from aywa.store.calls import PostgresCallStore
from tests.kit.call_store_contract import T0, call_row

HOST = "host-a"


def stereo(seconds: float, rate_hz: int = 8000) -> bytes:
    """Frames that are all different, left from right too."""
    count = int(seconds * rate_hz)
    return b"".join(struct.pack("<hh", n % 20_000, -(n % 10_000)) for n in range(count))


class SpoolWorld:
    """`directory` is where recordings are written."""

    def __init__(
        self,
        postgres: Postgres,
        directory: Path,
        store: ObjectStore | None,
        tell: TellOfArtifacts | None = None,
    ) -> None:
        self.directory = directory
        self.folder = directory / "2026" / "03" / "01"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = store
        self.calls = PostgresCallStore(postgres)
        self.book = PostgresArtifacts(postgres, tell)
        self.keeper = ArtifactKeeper(str(directory), store, self.book)
        self.gate = SpoolGate()
        self.news: Mapping[str, object] | None = None  # whom its calls tell

    async def call(
        self,
        number: int = 1,
        *,
        org_id: UUID | None = None,
        seconds: float = 1.0,
        opus: bool = False,
        pcap: bool = False,
    ) -> CallRow:
        """A call that is over, with a recording and a timeline of two entries."""
        row = call_row(number, status=CallStatus.ENDED, ended_at=T0, transfers=())
        ending = f".{ArtifactFormat.OPUS.value}.wav" if opus else ".wav"
        path = self.folder / f"{row.id}{ending}"
        write_stereo(path, stereo(seconds))
        if pcap:
            path.with_name(f"{row.id}.pcap").write_bytes(b"packets")
        row = replace(
            row, recording_path=str(path), pcap_path=None, org_id=org_id or row.org_id, news=self.news
        )
        await self.calls.save_call(row)
        await self.calls.append_timeline(
            [TimelineEntry(row.id, seq, seq * 10, f"test.{seq}", {"n": seq}, row.org_id) for seq in (1, 2)]
        )
        return row

    @asynccontextmanager
    async def spool(self) -> AsyncIterator[Spool]:
        """Serving, as a worker has it."""
        rng = Random(4)
        health = StoreHealth(rng)

        async def logs(row: CallRow) -> bytes:
            return encode_logs(row, await self.calls.of(row.org_id).timeline(row.id))

        maker = ArtifactMaker(self.store, self.book, health, self.gate.figures, host=HOST, logs=logs, rng=rng)
        spool = Spool(
            str(self.directory),
            self.book,
            maker,
            self.gate,
            health,
            stays=self.store is None,
            host=HOST,
            clock=wall_now,
            rng=rng,
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(spool.serve)
            yield spool
            nursery.cancel_scope.cancel()

    async def settled(self, row: CallRow, *, seconds: float = 20) -> dict[ArtifactKind, Artifact]:
        """The call's artifacts, once none waits and its sources are gone."""
        with trio.fail_after(seconds):
            while True:
                found = await self.book.of_calls([row.id])
                if found and all(each.state is not ArtifactState.WAITING for each in found):
                    return {each.kind: each for each in found}
                await trio.sleep(0.02)

    def path(self, row: CallRow) -> Path:
        """Of its recording."""
        return Path(row.recording_path or "")

    def read(self, row: CallRow) -> bytes:
        """Its recording."""
        return self.path(row).read_bytes()

    def write(self, row: CallRow, content: bytes) -> None:
        """Put something in the place of its recording."""
        self.path(row).write_bytes(content)

    def files(self) -> list[str]:
        """Names of what lies in the spool."""
        return sorted(path.name for path in self.folder.iterdir())


async def until(happened: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait for it."""
    with trio.fail_after(seconds):
        while not happened():  # noqa: ASYNC110 - of another task's plain attribute
            await trio.sleep(0.02)


def states(found: Sequence[Artifact]) -> set[ArtifactState]:
    """Of all of them."""
    return {each.state for each in found}
