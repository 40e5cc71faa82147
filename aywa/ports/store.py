"""What a call leaves behind: its row, its transcript and its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from aywa.errors import EndReason
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.analysis import AnalysisOrder
from aywa.ports.outbox import WebhookJob


class CallStatus(Enum):
    """The `status` of a call in the API."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    ENDED = "ended"


class CallType(Enum):
    """The `type` of a call in the API."""

    INBOUND = "inboundPhoneCall"
    OUTBOUND = "outboundPhoneCall"
    WEB = "webCall"
    WEBSOCKET = "vapi.websocketCall"

    @property
    def by_phone(self) -> bool:
        """Whether it goes by SIP; the others go by a websocket of the API's."""
        return self in (CallType.INBOUND, CallType.OUTBOUND)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as it is stored. Times are aware UTC datetimes."""

    id: str
    type: CallType
    status: CallStatus
    scenario: str
    from_uri: str
    to_uri: str
    sip_call_id: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None  # answered
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    slots: Mapping[str, object] = field(default_factory=dict)
    recording_path: str | None = None
    media: Mapping[str, object] | None = None  # how it sounded
    costs: Mapping[str, object] | None = None  # what it used of its providers
    order: AnalysisOrder | None = None  # what is to be made of it once it is over; not read back
    analysis: Mapping[str, object] | None = None  # what came of that; never written with the row
    pcap_path: str | None = None
    transfers: tuple[Mapping[str, object], ...] = ()  # to humans, in their order
    compliance: Mapping[str, object] | None = None  # what the caller was told, asked and has answered
    worker_id: str = ""  # the process that owns the call while it lives
    org_id: UUID = DEFAULT_ORGANIZATION
    assistant_id: UUID | None = None  # of the API's, that leads it from its beginning
    phone_number_id: UUID | None = None  # of the API's, that was called or is shown
    name: str = ""  # saving a row again leaves it as it is
    transport: Mapping[str, object] | None = None  # as the API shows it; None for a call by SIP
    monitor: Mapping[str, bool] | None = None  # what of a monitorPlan is not as usual
    news: Mapping[str, object] | None = None  # whom it tells of itself, see `call.news`


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One decision or event of a call.

    `seq` counts from 1 per call without holes; `at_ms` is since the call's creation.
    """

    call_id: str
    seq: int
    at_ms: int
    kind: str  # dotted, for example "turn.yield"
    data: Mapping[str, object]  # the inputs and thresholds that led to it
    org_id: UUID = DEFAULT_ORGANIZATION


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """What one side said, as heard. Milliseconds since the recording's first sample."""

    call_id: str
    seq: int
    role: str  # "user" or "assistant"
    text: str
    start_ms: int
    end_ms: int
    interrupted: bool = False
    org_id: UUID = DEFAULT_ORGANIZATION


@dataclass(frozen=True, slots=True)
class CallBatch:
    """What is written at one time: `jobs` tell servers of what the rest says."""

    rows: Sequence[CallRow] = ()  # each with an id of its own
    entries: Sequence[TimelineEntry] = ()
    lines: Sequence[TranscriptLine] = ()
    jobs: Sequence[WebhookJob] = ()


@dataclass(frozen=True, slots=True)
class CallWindow:
    """Bounds on a call's times for a list; None leaves a side open. Aware UTC datetimes.

    `after`: the time and the id of the last call of the page before.
    """

    created_at_le: datetime | None = None
    created_at_gt: datetime | None = None
    created_at_ge: datetime | None = None
    updated_at_lt: datetime | None = None
    updated_at_le: datetime | None = None
    updated_at_gt: datetime | None = None
    updated_at_ge: datetime | None = None
    assistant_id: UUID | None = None
    phone_number_id: UUID | None = None
    after: tuple[datetime, UUID] | None = None


class CallReader(Protocol):
    """The calls of one organisation; another's are unknown here. Every method raises `StoreError`."""

    async def get_call(self, call_id: str) -> CallRow | None:
        """The row, or None."""

    async def list_calls(
        self, *, limit: int = 100, before: datetime | None = None, window: CallWindow | None = None
    ) -> list[CallRow]:
        """Newest first; `limit` is 0 to 1001; `before` is an exclusive bound on `created_at`."""

    async def rename_call(self, call_id: str, name: str, now: datetime) -> CallRow | None:
        """Give the call another name; None when there is no such call."""

    async def timeline(self, call_id: str) -> list[TimelineEntry]:
        """In order of `seq`."""

    async def timeline_last(self, call_id: str, kind: str) -> TimelineEntry | None:
        """The newest entry of this kind, or None."""

    async def transcript(self, call_id: str) -> list[TranscriptLine]:
        """In order of `seq`."""


class CallStore(Protocol):
    """Where calls are kept. What is written says whose it is. Every method but `of` raises `StoreError`."""

    def of(self, org_id: UUID) -> CallReader:
        """What this organisation may read."""

    async def save_call(self, row: CallRow) -> None:
        """Insert or replace the row with this id; its organisation stays what it was."""

    async def save_calls(self, rows: Sequence[CallRow]) -> None:
        """Insert or replace them, each with an id of its own: all, or none when it raises."""

    async def append_timeline(self, entries: Sequence[TimelineEntry]) -> None:
        """Append; an entry whose (call_id, seq) exists is ignored."""

    async def append_transcript(self, lines: Sequence[TranscriptLine]) -> None:
        """Append; a line whose (call_id, seq) exists is ignored."""

    async def write(self, batch: CallBatch) -> None:
        """All of it in one transaction, or nothing when it raises. What exists is kept as it is, but rows."""

    async def begin_calls(self, rows: Sequence[CallRow]) -> None:
        """Insert those that are not there, soon: no batch is waited for. A row that exists stays as it is.

        What servers are told of them, and what is to be made of them, comes with the next batch.
        """

    async def end_lost_calls(self, worker_id: str, now: datetime) -> int:
        """End every live call that a dead process left behind (`EndCode.PROCESS_LOST`); returns how many.

        `worker_id` is the id of the process that asks: its own calls are spared.
        """
