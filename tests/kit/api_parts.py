"""The parts of an API that runs on nothing: calls in dictionaries, commands in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import trio

from aywa.analysis.analyst import Analyst
from aywa.call.control import Command
from aywa.call.outbound import CallOrder
from aywa.call.overhearing import Overhearing
from aywa.call.plan import CallPlan, Leader
from aywa.call.web import WebOrder
from aywa.errors import AywaError, EndReason, RequestError, StoreError
from aywa.model.readiness import Check
from aywa.ports.blobs import BlobStore
from aywa.ports.outbox import AttemptRecord, JobFilter, JobRecord, JobState
from aywa.ports.store import (
    CallBatch,
    CallRow,
    CallStatus,
    CallType,
    CallWindow,
    TimelineEntry,
    TranscriptLine,
)
from aywa.settings import HttpSettings
from aywa.transfer.plan import TransferPlan
from aywa_server.artifact_desk import ArtifactDesk
from aywa_server.call_tokens import CallTokens
from aywa_server.extraction import Extraction
from aywa_server.metrics import Metrics
from aywa_server.once import Once
from aywa_server.parts import Parts
from aywa_server.resources.service import Resources
from tests.kit.analyses import DictAnalyses, NoCalls
from tests.kit.fake_providers import FakeModel
from tests.kit.resource_store import DictBlobs, dict_once, dict_resources

API_KEY = "a-key-for-tests-0123456789"
AUTH = {"Authorization": f"Bearer {API_KEY}"}


@dataclass
class DictCallStore:
    """What routes read; `broken` makes every method fail."""

    rows: dict[str, CallRow] = field(default_factory=dict)
    entries: list[TimelineEntry] = field(default_factory=list)
    lines: list[TranscriptLine] = field(default_factory=list)
    broken: bool = False
    asked: list[dict[str, object]] = field(default_factory=list)

    async def work(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.broken:
            raise StoreError("database not reachable (ConnectionRefusedError)", retryable=True)

    def of(self, org_id: UUID) -> DictCallReader:
        return DictCallReader(self, org_id)

    async def save_call(self, row: CallRow) -> None:
        await self.work()
        self.rows[row.id] = row

    async def save_calls(self, rows: Sequence[CallRow]) -> None:
        await self.work()
        self.rows.update((row.id, row) for row in rows)

    async def append_timeline(self, entries: Sequence[TimelineEntry]) -> None:
        await self.work()
        self.entries += entries

    async def append_transcript(self, lines: Sequence[TranscriptLine]) -> None:
        await self.work()
        self.lines += lines

    async def write(self, batch: CallBatch) -> None:
        await self.save_calls(batch.rows)
        self.entries += batch.entries
        self.lines += batch.lines

    async def begin_calls(self, rows: Sequence[CallRow]) -> None:
        await self.save_calls([row for row in rows if row.id not in self.rows])

    async def end_lost_calls(self, worker_id: str, now: datetime) -> int:
        await self.work()
        return 0


class DictCallReader:
    """One organisation's part of a `DictCallStore`."""

    def __init__(self, store: DictCallStore, org_id: UUID) -> None:
        self._store = store
        self._org_id = org_id

    @property
    def _mine(self) -> dict[str, CallRow]:
        return {key: row for key, row in self._store.rows.items() if row.org_id == self._org_id}

    async def get_call(self, call_id: str) -> CallRow | None:
        await self._store.work()
        return self._mine.get(call_id)

    async def list_calls(
        self, *, limit: int = 100, before: datetime | None = None, window: CallWindow | None = None
    ) -> list[CallRow]:
        await self._store.work()
        self._store.asked.append({"limit": limit, "before": before, "window": window})
        return sorted(self._mine.values(), key=lambda row: row.created_at, reverse=True)[:limit]

    async def rename_call(self, call_id: str, name: str, now: datetime) -> CallRow | None:
        row = await self.get_call(call_id)
        if row is not None:
            row = self._store.rows[call_id] = replace(row, name=name, updated_at=now)
        return row

    async def timeline(self, call_id: str) -> list[TimelineEntry]:
        await self._store.work()
        return [
            entry
            for entry in self._store.entries
            if entry.call_id == call_id and entry.org_id == self._org_id
        ]

    async def timeline_last(self, call_id: str, kind: str) -> TimelineEntry | None:
        await self._store.work()
        found = [entry for entry in await self.timeline(call_id) if entry.kind == kind]
        return found[-1] if found else None

    async def transcript(self, call_id: str) -> list[TranscriptLine]:
        await self._store.work()
        return [line for line in self._store.lines if line.call_id == call_id and line.org_id == self._org_id]


@dataclass
class SpyCalls:
    """Takes commands for every call that is not ended in the store, but for those in `elsewhere`."""

    store: DictCallStore
    elsewhere: set[str] = field(default_factory=set)
    commands: list[tuple[object, ...]] = field(default_factory=list)
    packets: dict[str, bytes] = field(default_factory=dict)  # of live calls
    placed: list[CallOrder] = field(default_factory=list)
    overheard: dict[str, Overhearing] = field(default_factory=dict)  # live calls that can be listened to
    webs: list[WebOrder] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    refusal: AywaError | None = None  # what forbids a call out
    outcome: EndReason | None = None  # how calls out end at once; None: they stay queued

    async def place(self, order: CallOrder) -> CallRow:
        if self.refusal is not None:
            raise self.refusal
        self.placed.append(order)
        at = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
        target = f'"{order.name}" <sip:+493012345678@192.0.2.10>'
        number = len(self.placed)
        row = CallRow(
            f"00000000-0000-4000-8000-{number:012}",
            CallType.OUTBOUND,
            CallStatus.QUEUED,
            "hotel_booking",
            "<sip:+4930990@192.0.2.10>",
            target,
            "",
            at,
            at,
            end_reason=self.outcome,
        )
        if self.outcome is not None:
            row = replace(row, status=CallStatus.ENDED, ended_at=at)
        await self.store.save_call(row)
        return row

    async def open_web(self, order: WebOrder) -> CallRow:
        if self.refusal is not None:
            raise self.refusal
        self.webs.append(order)
        at = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
        row = CallRow(
            f"00000000-0000-4000-8001-{len(self.webs):012}",
            order.type,
            CallStatus.QUEUED,
            "hotel_booking",
            order.caller,
            "<sip:assistant@web.invalid>",
            "",
            at,
            at,
            org_id=order.org_id,
            name=order.title,
            transport=order.transport,
        )
        await self.store.save_call(row)
        return row

    def join_web(self, call_id: str, socket: object, source: object, command: object) -> Any:
        raise RequestError("the call waits for no websocket", http_status=409, code="call-not-live")

    async def say(
        self, call_id: str, text: str, *, end_after: bool, interrupt: bool = False, protected: bool = False
    ) -> bool:
        how = {"interrupt": interrupt, "protected": protected}
        return self._take(call_id, "say", text, end_after, *(name for name, on in how.items() if on))

    async def transfer(self, call_id: str, plan: TransferPlan) -> bool:
        return self._take(call_id, "transfer", plan)

    async def end(self, call_id: str) -> bool:
        return self._take(call_id, "end")

    async def steer(self, call_id: str, action: str) -> bool:
        return self._take(call_id, "steer", action)

    async def capture(self, call_id: str, mode: str) -> bool:
        return self._take(call_id, "capture", mode)

    async def control(self, call_id: str, command: Command) -> bool:
        return self._take(call_id, command)

    def row(self, call_id: str) -> CallRow | None:
        row = self.store.rows.get(call_id) if hasattr(self.store, "rows") else None
        ended = row is None or row.status is CallStatus.ENDED or call_id in self.elsewhere
        return None if ended else row

    def overhear(self, call_id: str) -> Overhearing | None:
        return self.overheard.get(call_id)

    def rename(self, call_id: str, name: str) -> None:
        self.renamed.append((call_id, name))

    async def pcap(self, call_id: str) -> bytes | None:
        return self.packets.get(call_id)

    def _take(self, call_id: str, *command: object) -> bool:
        row = self.store.rows.get(call_id)
        if row is None or row.status is CallStatus.ENDED or call_id in self.elsewhere:
            return False
        self.commands.append((call_id, *command))
        return True


@dataclass
class FixedReadiness:
    """Says what it is told to."""

    checks: list[Check] = field(default_factory=lambda: [Check(name="database", ok=True)])

    async def check(self) -> list[Check]:
        await trio.lowlevel.checkpoint()
        return self.checks


@dataclass
class DictWebhookLog:
    """Messages of the default organisation, in a dictionary; attempts of each."""

    jobs: dict[str, JobRecord] = field(default_factory=dict)
    tried: list[AttemptRecord] = field(default_factory=list)
    asked: list[tuple[JobFilter, int]] = field(default_factory=list)
    replayed: list[tuple[list[str] | None, JobFilter]] = field(default_factory=list)

    async def list_jobs(self, org_id: UUID, which: JobFilter, limit: int) -> list[JobRecord]:
        await trio.lowlevel.checkpoint()
        self.asked.append((which, limit))
        return list(self.jobs.values())[:limit]

    async def get_job(self, org_id: UUID, job_id: str) -> JobRecord | None:
        await trio.lowlevel.checkpoint()
        return self.jobs.get(job_id)

    async def get_attempt(self, org_id: UUID, attempt_id: str) -> AttemptRecord | None:
        await trio.lowlevel.checkpoint()
        return next((attempt for attempt in self.tried if attempt.id == attempt_id), None)

    async def attempts(self, org_id: UUID, job_id: str) -> list[AttemptRecord]:
        await trio.lowlevel.checkpoint()
        return [attempt for attempt in self.tried if attempt.job_id == job_id]

    async def replay(
        self,
        org_id: UUID,
        ids: Sequence[str] | None,
        which: JobFilter,
        states: Sequence[JobState],
        now: datetime,
    ) -> list[str]:
        await trio.lowlevel.checkpoint()
        self.replayed.append((None if ids is None else list(ids), which))
        wanted = [
            job.id for job in self.jobs.values() if job.state in states and (ids is None or job.id in ids)
        ]
        for job_id in wanted:
            self.jobs[job_id] = replace(self.jobs[job_id], state=JobState.WAITING)
        return wanted


class PlainPlans:
    """Plans without sounds."""

    async def prepare(self, leader: Leader) -> CallPlan:
        await trio.lowlevel.checkpoint()
        number_id = "" if leader.number is None else str(leader.number.id)
        return CallPlan(leader.assistant, assistant_id=leader.assistant_id, phone_number_id=number_id)


def make_parts(
    store: DictCallStore | None = None,
    *,
    http: HttpSettings | None = None,
    resources: Resources | None = None,
    once: Once | None = None,
    blobs: BlobStore | None = None,
    artifacts: ArtifactDesk | None = None,
) -> Parts:
    """Parts with everything fake but the metrics."""
    calls = store or DictCallStore()
    return Parts(
        webhooks=DictWebhookLog(),
        artifacts=artifacts,
        store=calls,
        calls=SpyCalls(calls),
        readiness=FixedReadiness(),
        metrics=Metrics(lambda: {"calls_live": 3.0}),
        http=http or HttpSettings(api_keys=("another-key-0123456789", API_KEY), max_body_bytes=10_000),
        rng=Random(1),
        now=lambda: 0.0,
        resources=resources or dict_resources(),
        once=once or dict_once(),
        blobs=blobs or DictBlobs(),
        plans=PlainPlans(),
        analytics=NoCalls(),
        extraction=Extraction(Analyst(FakeModel()), DictAnalyses()),
        tokens=CallTokens(b"t" * 32),
    )
