"""Messages for servers in PostgreSQL: queue, attempts, and what an operator sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Script, Session
from aywa.ports.outbox import (
    Attempt,
    AttemptRecord,
    ClaimedJob,
    JobFilter,
    JobRecord,
    JobState,
    OutboxFigures,
    WebhookJob,
)
from aywa.store.presence import PRESENCE_NAMESPACE
from aywa.store.queries import load_queries

# A plan that was made and kept while the table was small reads all of it once it is large.
_PLANNED = "set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off"


async def insert_jobs(session: Session | Script, jobs: Sequence[WebhookJob]) -> None:
    """Commit them with whatever else the transaction does; one that is there is left as it is."""
    if not jobs:
        return
    await session.execute(
        load_queries("outbox")["insert_jobs"],
        [job.id for job in jobs],
        [job.org_id for job in jobs],
        [UUID(job.call_id) for job in jobs],
        [job.seq for job in jobs],
        [job.type for job in jobs],
        [job.source for job in jobs],
        [job.endpoint for job in jobs],
        [job.body for job in jobs],
        [job.created_at for job in jobs],
    )


async def last_seqs(session: Session, call_id: UUID) -> dict[str, int]:
    """The number of the call's last message to each source that was told anything."""
    rows = await session.fetch(load_queries("outbox")["last_seqs"], call_id)
    return {row["source"]: row["seq"] for row in rows}


class PostgresOutbox:
    """Implements `OutboxQueue` and `WebhookLog` of `ports.outbox`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._system = postgres.system()
        self._sql = load_queries("outbox")

    # --- the worker's side --------------------------------------------------------------------------------

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int, rooms: Mapping[str, int], room: int
    ) -> list[ClaimedJob]:
        """See `OutboxQueue`."""
        given = (worker_id, now, until, limit, room, list(rooms), list(rooms.values()))
        async with self._system.transaction() as session:
            await session.execute(_PLANNED)
            rows = await session.fetch(self._sql["claim"], *given)
        return [
            ClaimedJob(
                id=row["id"],
                org_id=row["org_id"],
                source=row["source"],
                endpoint=row["endpoint"],
                type=row["type"],
                body=row["body"],
                tries=row["tries"],
                created_at=row["created_at"],
                call_id=str(row["call_id"]),
            )
            for row in rows
        ]

    async def finish(self, worker_id: str, attempts: Sequence[Attempt]) -> None:
        """See `OutboxQueue`."""
        given = (
            worker_id,
            [attempt.id for attempt in attempts],
            [attempt.job_id for attempt in attempts],
            [attempt.at for attempt in attempts],
            [attempt.endpoint for attempt in attempts],
            [attempt.status for attempt in attempts],
            [attempt.latency_ms for attempt in attempts],
            [attempt.error for attempt in attempts],
            [attempt.answer for attempt in attempts],
            [attempt.state.value for attempt in attempts],
            [attempt.next_at for attempt in attempts],
        )
        async with self._system.transaction() as session:
            await session.execute(_PLANNED)
            await session.execute(self._sql["finish"], *given)

    async def release(self, worker_id: str, now: datetime) -> int:
        """See `OutboxQueue`."""
        tag = await self._system.execute(self._sql["release"], PRESENCE_NAMESPACE, worker_id, now)
        return int(tag.rpartition(" ")[2])

    async def purge(self, delivered_before: datetime, dead_before: datetime) -> int:
        """See `OutboxQueue`."""
        tag = await self._system.execute(self._sql["purge"], delivered_before, dead_before)
        return int(tag.rpartition(" ")[2])

    async def figures(self, now: datetime) -> OutboxFigures:
        """See `OutboxQueue`."""
        async with self._system.transaction() as session:
            rows = await session.fetch(self._sql["figures"])
            oldest = (await session.fetch(self._sql["oldest"], now))[0]["at"]
        jobs = {row["state"]: row["jobs"] for row in rows}
        return OutboxFigures(jobs, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))

    # --- the operator's side ------------------------------------------------------------------------------

    async def list_jobs(self, org_id: UUID, which: JobFilter, limit: int) -> list[JobRecord]:
        """See `WebhookLog`."""
        state = None if which.state is None else which.state.value
        if which.call_id is not None and _uuid(which.call_id) is None:
            return []
        rows = await self._postgres.tenant(org_id).fetch(
            self._sql["list_jobs"], org_id, limit, state, *_narrowed(which)
        )
        return [_job(row) for row in rows]

    async def get_job(self, org_id: UUID, job_id: str) -> JobRecord | None:
        """See `WebhookLog`."""
        rows = await self._postgres.tenant(org_id).fetch(self._sql["get_job"], org_id, _text(job_id))
        return _job(rows[0]) if rows else None

    async def get_attempt(self, org_id: UUID, attempt_id: str) -> AttemptRecord | None:
        """See `WebhookLog`."""
        rows = await self._postgres.tenant(org_id).fetch(self._sql["get_attempt"], org_id, _text(attempt_id))
        return _attempt(rows[0]) if rows else None

    async def attempts(self, org_id: UUID, job_id: str) -> list[AttemptRecord]:
        """See `WebhookLog`."""
        rows = await self._postgres.tenant(org_id).fetch(self._sql["attempts"], org_id, _text(job_id))
        return [_attempt(row) for row in rows]

    async def replay(
        self,
        org_id: UUID,
        ids: Sequence[str] | None,
        which: JobFilter,
        states: Sequence[JobState],
        now: datetime,
    ) -> list[str]:
        """See `WebhookLog`."""
        if which.call_id is not None and _uuid(which.call_id) is None:
            return []
        rows = await self._postgres.tenant(org_id).fetch(
            self._sql["replay"],
            org_id,
            [state.value for state in states],
            now,
            None if ids is None else [_text(job_id) for job_id in ids],
            *_narrowed(which),
        )
        return [row["id"] for row in rows]


def _narrowed(which: JobFilter) -> tuple[object, ...]:
    return (
        which.type,
        None if which.call_id is None else _uuid(which.call_id),
        which.endpoint,
        which.created_at_lt,
        which.created_at_le,
        which.created_at_gt,
        which.created_at_ge,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _text(text: str) -> str:
    """An id of a request: PostgreSQL's text holds no NUL and no half of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _job(row: Row) -> JobRecord:
    state = JobState(row["state"])
    return JobRecord(
        id=row["id"],
        call_id=str(row["call_id"]),
        seq=row["seq"],
        type=row["type"],
        source=row["source"],
        endpoint=row["endpoint"],
        body=row["body"],
        created_at=row["created_at"],
        state=state,
        tries=row["tries"],
        attempts=row["attempts"],
        next_at=row["next_at"] if state is JobState.WAITING else None,
        delivered_at=row["settled_at"] if state is JobState.DELIVERED else None,
        last_status=row["last_status"],
        last_error=row["last_error"],
    )


def _attempt(row: Row) -> AttemptRecord:
    return AttemptRecord(
        id=row["id"],
        job_id=row["job_id"],
        number=row["number"],
        at=row["at"],
        endpoint=row["endpoint"],
        status=row["status"],
        latency_ms=row["latency_ms"],
        error=row["error"],
        answer=row["answer"],
        next_at=row["next_at"],
    )
