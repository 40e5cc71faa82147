"""Calls, their timelines and their transcripts in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Scope, Script
from aywa.errors import EndCode, EndSide
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallBatch, CallRow, TimelineEntry, TranscriptLine
from aywa.store.analyses import insert_orders, orders_of
from aywa.store.call_reader import PostgresCallReader, call_of, line_of
from aywa.store.clean import clean_json, clean_text
from aywa.store.outbox import insert_jobs, last_seqs
from aywa.store.presence import PRESENCE_NAMESPACE
from aywa.store.queries import load_queries

_LOST_DETAIL = "the process that carried the call is gone"
# From the row, what was said, and the number of the last message that each source was sent.
TellOfLost = Callable[[CallRow, Sequence[TranscriptLine], Mapping[str, int]], Sequence[WebhookJob]]
TellLater = Callable[[CallRow, Mapping[str, int]], Sequence[WebhookJob]]
_GUESS = {
    "code": EndCode.PROCESS_LOST.value,
    "side": EndSide.SYSTEM.value,
    "detail": _LOST_DETAIL,
    "guessed": True,
}


class PostgresCallStore:
    """Implements `ports.store.CallStore`. Every method raises `StoreError`."""

    def __init__(self, postgres: Postgres, settle_s: float = 0.0) -> None:
        """`settle_s`: for so long after the server's start nobody is taken for dead, see `end_lost_calls`."""
        self._postgres = postgres
        self._settle_s = settle_s
        self._system = postgres.system()  # a batch has calls of many organisations
        self._sql = load_queries("calls")
        self._lane = postgres.system_lane()
        self._begin = f"{self._sql['save_call'].partition('on conflict')[0]} on conflict (id) do nothing"

    def of(self, org_id: UUID) -> PostgresCallReader:
        """What this organisation may read."""
        return PostgresCallReader(self._postgres.tenant(org_id), org_id)

    async def save_call(self, row: CallRow) -> None:
        """Insert or replace the row with this id."""
        await self._system.execute(self._sql["save_call"], *_columns(row))

    async def save_calls(self, rows: Sequence[CallRow]) -> None:
        """Insert or replace them in one transaction."""
        await self._system.executemany(self._sql["save_call"], _in_order(rows))

    async def append_timeline(self, entries: Sequence[TimelineEntry]) -> None:
        """Append; an entry whose (call_id, seq) exists is ignored."""
        await self._append_timeline(self._system, entries)

    async def _append_timeline(self, to: Scope | Script, entries: Sequence[TimelineEntry]) -> None:
        await to.execute(
            self._sql["append_timeline"],
            [UUID(entry.call_id) for entry in entries],
            [entry.seq for entry in entries],
            [entry.at_ms for entry in entries],
            [entry.kind for entry in entries],
            [json.dumps(clean_json(dict(entry.data))) for entry in entries],
            [entry.org_id for entry in entries],
        )

    async def append_transcript(self, lines: Sequence[TranscriptLine]) -> None:
        """Append; a line whose (call_id, seq) exists is ignored."""
        await self._append_transcript(self._system, lines)

    async def _append_transcript(self, to: Scope | Script, lines: Sequence[TranscriptLine]) -> None:
        await to.execute(
            self._sql["append_transcript"],
            [UUID(line.call_id) for line in lines],
            [line.seq for line in lines],
            [line.role for line in lines],
            [clean_text(line.text) for line in lines],
            [line.start_ms for line in lines],
            [line.end_ms for line in lines],
            [line.interrupted for line in lines],
            [line.org_id for line in lines],
        )

    async def write(self, batch: CallBatch) -> None:
        """All of it in one transaction."""
        async with self._system.script() as script:
            if batch.rows:
                await script.executemany(self._sql["save_call"], _in_order(batch.rows))
                await insert_orders(script, batch.rows)
            if batch.entries:
                await self._append_timeline(script, batch.entries)
            if batch.lines:
                await self._append_transcript(script, batch.lines)
            await insert_jobs(script, batch.jobs)

    async def begin_calls(self, rows: Sequence[CallRow]) -> None:
        """See `CallStore`; on a connection of their own."""
        await self._lane.executemany(self._begin, _in_order(rows))

    async def close(self) -> None:
        """Give back what is kept open; before the pool is closed."""
        await self._lane.close()

    async def end_lost_calls(self, worker_id: str, now: datetime, tell: TellOfLost | None = None) -> int:
        """End the live calls of every worker that is dead by `store.presence`; returns how many.

        A lost call's `ended_at` is its last sign of life (its row or its timeline), and its timeline gets a
        closing entry. The calls of `worker_id`, the process that asks, are spared. `tell` makes the messages
        for servers, from the row, the transcript and the number of the last message of each source.

        A server that was just started has nobody's lock yet: those who live are given time to take theirs.
        """
        async with self._system.transaction() as session:
            owners = await session.fetch(
                self._sql["dead_owners"], PRESENCE_NAMESPACE, worker_id, self._settle_s
            )
            if not owners:
                return 0
            workers = [row["worker_id"] for row in owners]
            await session.execute(self._sql["tell_lost_tools"], workers)
            ended = await session.fetch(
                self._sql["end_calls_of"],
                workers,
                _GUESS,
                now,
                EndCode.PROCESS_LOST.value,
                EndSide.SYSTEM.value,
                _LOST_DETAIL,
            )
            if tell is not None:
                orders = await orders_of(session, [row["id"] for row in ended])
                for row in ended:
                    call = replace(call_of(row), order=orders.get(str(row["id"])))
                    lines = await session.fetch(self._sql["transcript"], row["id"], row["org_id"])
                    seqs = await last_seqs(session, row["id"])
                    await insert_jobs(session, tell(call, [line_of(line) for line in lines], seqs))
        return len(ended)

    async def tell_later(self, org_id: UUID, call_id: str, tell: TellLater) -> int:
        """Commit messages of a call that is over, numbered on from those before; returns how many."""
        async with self._system.transaction() as session:
            rows = await session.fetch(self._sql["lock_call"], UUID(call_id), org_id)
            jobs = tell(call_of(rows[0]), await last_seqs(session, UUID(call_id))) if rows else ()
            await insert_jobs(session, jobs)
        return len(jobs)

    async def count_ended(self) -> dict[str, int]:
        """How many ended calls there are for each end reason."""
        rows = await self._system.fetch(self._sql["count_ended"])
        return {row["end_code"]: row["calls"] for row in rows}


def _in_order(rows: Sequence[CallRow]) -> list[tuple[object, ...]]:
    """Two transactions that write the same rows in the same order never wait for one another in a ring."""
    return [_columns(row) for row in sorted(rows, key=lambda row: row.id)]


def _columns(row: CallRow) -> tuple[object, ...]:
    """In the order of `save_call`."""
    reason = row.end_reason
    return (
        UUID(row.id),
        row.type.value,
        row.status.value,
        row.scenario,
        clean_text(row.from_uri),
        clean_text(row.to_uri),
        clean_text(row.sip_call_id),
        row.created_at,
        row.updated_at,
        row.started_at,
        row.ended_at,
        reason.code.value if reason else None,
        reason.side.value if reason else None,
        reason.sip_status if reason else None,
        clean_text(reason.detail) if reason else None,
        clean_json(dict(row.slots)),
        row.recording_path,
        row.worker_id,
        row.pcap_path,
        None if row.media is None else clean_json(dict(row.media)),
        clean_json([dict(transfer) for transfer in row.transfers]),
        None if row.costs is None else clean_json(dict(row.costs)),
        None if row.compliance is None else clean_json(dict(row.compliance)),
        row.org_id,
        row.assistant_id,
        row.phone_number_id,
        clean_text(row.name),
        None if row.transport is None else clean_json(dict(row.transport)),
        None if row.monitor is None else dict(row.monitor),
        None if row.news is None else clean_json(dict(row.news)),
    )
