"""The outbox: messages for servers that are committed with what they tell of, and sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from aywa.model.organization import DEFAULT_ORGANIZATION


class JobState(Enum):
    """Where a message is."""

    WAITING = "waiting"  # for its first or its next attempt
    DELIVERED = "delivered"  # answered with 2xx
    DEAD = "dead"  # given up; may be retried by hand
    SKIPPED = "skipped"  # its target is gone


@dataclass(frozen=True, slots=True)
class WebhookJob:
    """A message to send. `id` stays the same however often it is sent; `seq` counts a call's messages from 1,
    for each source.

    `source` says who named the target ("assistant" and "account" of the settings; else a kind of resource, a
    colon and its id): secrets are looked up by it when the message is sent, and never stored with it.
    `endpoint` is the URL without its query: what is shown, and what one slow server is told apart by.
    """

    id: str
    call_id: str
    seq: int
    type: str
    source: str
    endpoint: str
    body: str  # JSON, as it is signed and sent
    created_at: datetime
    org_id: UUID = DEFAULT_ORGANIZATION


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A message that is this worker's to send. `tries`: attempts of the schedule so far."""

    id: str
    org_id: UUID
    source: str
    endpoint: str
    type: str
    body: str
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt came to, and what follows. `latency_ms`: until the answer was read, or the failure.

    `answer`: its first kilobyte. `next_at`: of the next attempt, where `state` is WAITING.
    """

    id: str
    job_id: str
    at: datetime
    endpoint: str
    status: int | None
    latency_ms: int
    error: str
    answer: str
    state: JobState
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which messages; None leaves a side open."""

    state: JobState | None = None
    type: str | None = None
    call_id: str | None = None
    endpoint: str | None = None
    created_at_lt: datetime | None = None
    created_at_le: datetime | None = None
    created_at_gt: datetime | None = None
    created_at_ge: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A message as an operator sees it."""

    id: str
    call_id: str
    seq: int
    type: str
    source: str
    endpoint: str
    body: str
    created_at: datetime
    state: JobState
    tries: int
    attempts: int  # in all, with those of replays
    next_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    last_error: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """An attempt as an operator sees it; `number` counts from 1 per message."""

    id: str
    job_id: str
    number: int
    at: datetime
    endpoint: str
    status: int | None
    latency_ms: int
    error: str
    answer: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How much there is: messages that wait and dead ones, and how long the oldest due one has waited."""

    jobs: Mapping[str, int]
    oldest_waiting_s: float


class OutboxQueue(Protocol):
    """What a worker needs of the store. Every method raises `StoreError`."""

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int, rooms: Mapping[str, int], room: int
    ) -> list[ClaimedJob]:
        """Due messages, which nobody else gets before `until`; at most `room` of an endpoint, or as `rooms`
        has it. A message waits for the earlier ones of its call to its endpoint, until those failed thrice.
        """

    async def finish(self, worker_id: str, attempts: Sequence[Attempt]) -> None:
        """Keep the attempts, and do with their messages what follows."""

    async def release(self, worker_id: str, now: datetime) -> int:
        """Give back what workers had taken that are gone, all but `worker_id`; returns how many messages."""

    async def purge(self, delivered_before: datetime, dead_before: datetime) -> int:
        """Delete old messages; returns how many."""

    async def figures(self, now: datetime) -> OutboxFigures:
        """Of all organisations."""


class WebhookLog(Protocol):
    """What an operator sees and does, of one organisation. Every method raises `StoreError`."""

    async def list_jobs(self, org_id: UUID, which: JobFilter, limit: int) -> list[JobRecord]:
        """Newest first."""

    async def get_job(self, org_id: UUID, job_id: str) -> JobRecord | None:
        """The message, or None."""

    async def get_attempt(self, org_id: UUID, attempt_id: str) -> AttemptRecord | None:
        """The attempt, or None."""

    async def attempts(self, org_id: UUID, job_id: str) -> list[AttemptRecord]:
        """Of a message, in their order."""

    async def replay(
        self,
        org_id: UUID,
        ids: Sequence[str] | None,
        which: JobFilter,
        states: Sequence[JobState],
        now: datetime,
    ) -> list[str]:
        """Have messages in one of these states sent again, with the same ids; returns those.

        `ids` None: all that the filter takes.
        """
