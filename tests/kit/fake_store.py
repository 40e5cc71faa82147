"""A call store and a recording store in memory."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import trio

from aywa.errors import StoreError
from aywa.ports.artifacts import ArtifactFormat
from aywa.ports.capture import CapturedPacket
from aywa.ports.outbox import WebhookJob
from aywa.ports.recording import RecordingRefusedError
from aywa.ports.store import CallBatch, CallRow, TimelineEntry, TranscriptLine

T = TypeVar("T")


class FakeStore:
    """Keeps everything; fails on demand."""

    def __init__(self) -> None:
        self.rows: dict[str, CallRow] = {}
        self.entries: dict[tuple[str, int], TimelineEntry] = {}
        self.lines: dict[tuple[str, int], TranscriptLine] = {}
        self.jobs: dict[str, WebhookJob] = {}
        self.down = False
        self.refuses: set[str] = set()  # call ids whose entries it never takes
        self.appends = 0
        self.saves = 0

    async def save_call(self, row: CallRow) -> None:
        await self._io()
        self._take([row])

    async def save_calls(self, rows: Sequence[CallRow]) -> None:
        await self._io()
        self.saves += 1
        self._take(rows)

    def _take(self, rows: Sequence[CallRow]) -> None:
        if any(row.id in self.refuses for row in rows):
            raise StoreError("The row cannot be stored")
        self.rows.update((row.id, row) for row in rows)

    async def append_timeline(self, entries: Sequence[TimelineEntry]) -> None:
        await self._io()
        self.appends += 1
        if any(entry.call_id in self.refuses for entry in entries):
            raise StoreError("The entry cannot be stored")
        for entry in entries:
            self.entries.setdefault((entry.call_id, entry.seq), entry)

    async def append_transcript(self, lines: Sequence[TranscriptLine]) -> None:
        await self._io()
        for line in lines:
            self.lines.setdefault((line.call_id, line.seq), line)

    async def write(self, batch: CallBatch) -> None:
        await self._io()
        self.saves += bool(batch.rows)
        self.appends += bool(batch.entries)
        of = {row.id for row in batch.rows} | {item.call_id for item in (*batch.entries, *batch.lines)}
        if of & self.refuses:
            raise StoreError("The batch cannot be stored")
        self._take(batch.rows)
        for entry in batch.entries:
            self.entries.setdefault((entry.call_id, entry.seq), entry)
        for line in batch.lines:
            self.lines.setdefault((line.call_id, line.seq), line)
        for job in batch.jobs:
            self.jobs.setdefault(job.id, job)

    async def begin_calls(self, rows: Sequence[CallRow]) -> None:
        await self._io()
        self._take([row for row in rows if row.id not in self.rows])

    def of(self, org_id: UUID) -> FakeStore:
        return self

    async def get_call(self, call_id: str) -> CallRow | None:
        return self.rows.get(call_id)

    async def list_calls(self, *, limit: int = 100, before: datetime | None = None) -> list[CallRow]:
        return list(self.rows.values())[:limit]

    async def timeline(self, call_id: str) -> list[TimelineEntry]:
        return [entry for (owner, _), entry in sorted(self.entries.items()) if owner == call_id]

    async def timeline_last(self, call_id: str, kind: str) -> TimelineEntry | None:
        found = [entry for entry in await self.timeline(call_id) if entry.kind == kind]
        return found[-1] if found else None

    async def transcript(self, call_id: str) -> list[TranscriptLine]:
        return [line for (owner, _), line in sorted(self.lines.items()) if owner == call_id]

    async def end_lost_calls(self, worker_id: str, now: datetime) -> int:
        return 0

    async def _io(self) -> None:
        await trio.sleep(0.001)
        if self.down:
            raise StoreError("The database is away", retryable=True)


class FakeDisk:
    """Work on the test's own clock: a thread would let the virtual time run away."""

    def __init__(self) -> None:
        self.delay_s = 0.002
        self.late: list[Callable[[], bool]] = []
        self._back = trio.Event()
        self._back.set()

    async def run(self, work: Callable[[], T]) -> T:
        await trio.sleep(self.delay_s)
        await self._back.wait()
        return work()

    def later(self, work: Callable[[], bool]) -> None:
        self.late.append(work)

    def hang(self) -> None:
        """It takes work and does none of it."""
        self._back = trio.Event()

    def come_back(self) -> None:
        """It answers again."""
        self._back.set()


class FakeSink:
    """A recording in memory."""

    def __init__(self, path: str, *, fails: bool = False) -> None:
        self.path = path
        self.frames = bytearray()
        self.synced = 0
        self.closed = False
        self._fails = fails

    def append(self, frames: bytes) -> None:
        if self._fails:
            raise OSError(28, "No space left on device")
        assert not self.closed
        self.frames += frames

    def sync(self) -> None:
        self.synced = len(self.frames)


class FakeCaptures:
    """Captures by call id."""

    def __init__(self) -> None:
        self.written: dict[str, list[CapturedPacket]] = {}
        self.fails = False

    def write(self, call_id: str, packets: Sequence[CapturedPacket]) -> str:
        if self.fails:
            raise OSError(28, "No space left on device")
        self.written[call_id] = list(packets)
        return f"/recordings/{call_id}.pcap"


class FakeRecordings:
    """Recordings by call id."""

    def __init__(self, *, fails: bool = False) -> None:
        self.sinks: dict[str, FakeSink] = {}
        self.rates: dict[str, int] = {}
        self.becomes = ArtifactFormat.WAV
        self.refusal = ""
        self._fails = fails

    def becoming(self, format: ArtifactFormat) -> FakeRecordings:
        self.becomes = format
        return self

    @contextmanager
    def open(self, call_id: str, rate_hz: int = 8000) -> Iterator[FakeSink]:
        if self.refusal:
            raise RecordingRefusedError(errno.EDQUOT, self.refusal)
        sink = self.sinks[call_id] = FakeSink(f"/recordings/{call_id}.wav", fails=self._fails)
        self.rates[call_id] = rate_hz
        try:
            yield sink
        finally:
            sink.closed = True
