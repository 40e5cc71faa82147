"""Calls, their timelines and their transcripts in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row
from aywa.errors import EndCode, EndReason, EndSide
from aywa.ports.store import CallRow, CallStatus, CallType, CallWindow, TimelineEntry, TranscriptLine
from aywa.store.presence import PRESENCE_NAMESPACE
from aywa.store.queries import load_queries

_LOST_DETAIL = "the process that carried the call is gone"
_EVERYTHING = CallWindow()


class PostgresCallStore:
    """Implements `ports.store.CallStore`. Every method raises `StoreError`."""

    def __init__(self, postgres: Postgres) -> None:
        self._system = postgres.system()
        self._sql = load_queries("calls")

    async def save_call(self, row: CallRow) -> None:
        """Insert or replace the row with this id."""
        await self._system.execute(self._sql["save_call"], *_columns(row))

    async def save_calls(self, rows: Sequence[CallRow]) -> None:
        """Insert or replace them in one transaction."""
        await self._system.executemany(self._sql["save_call"], [_columns(row) for row in rows])

    async def append_timeline(self, entries: Sequence[TimelineEntry]) -> None:
        """Append; an entry whose (call_id, seq) exists is ignored."""
        await self._system.execute(
            self._sql["append_timeline"],
            [UUID(entry.call_id) for entry in entries],
            [entry.seq for entry in entries],
            [entry.at_ms for entry in entries],
            [entry.kind for entry in entries],
            [json.dumps(_clean_json(dict(entry.data))) for entry in entries],
        )

    async def append_transcript(self, lines: Sequence[TranscriptLine]) -> None:
        """Append; a line whose (call_id, seq) exists is ignored."""
        await self._system.execute(
            self._sql["append_transcript"],
            [UUID(line.call_id) for line in lines],
            [line.seq for line in lines],
            [line.role for line in lines],
            [_clean(line.text) for line in lines],
            [line.start_ms for line in lines],
            [line.end_ms for line in lines],
            [line.interrupted for line in lines],
        )

    async def get_call(self, call_id: str) -> CallRow | None:
        """The row, or None; also None for an id that is no UUID."""
        if (key := _uuid(call_id)) is None:
            return None
        rows = await self._system.fetch(self._sql["get_call"], key)
        return _call(rows[0]) if rows else None

    async def list_calls(
        self, *, limit: int = 100, before: datetime | None = None, window: CallWindow | None = None
    ) -> list[CallRow]:
        """Newest first; `limit` is 1 to 1000; `before` is an exclusive bound on `created_at`."""
        assert 1 <= limit <= 1000
        bounds = window or _EVERYTHING
        rows = await self._system.fetch(
            self._sql["list_calls"],
            limit,
            before,
            bounds.created_at_le,
            bounds.created_at_gt,
            bounds.created_at_ge,
            bounds.updated_at_lt,
            bounds.updated_at_le,
            bounds.updated_at_gt,
            bounds.updated_at_ge,
        )
        return [_call(row) for row in rows]

    async def timeline(self, call_id: str) -> list[TimelineEntry]:
        """In order of `seq`."""
        if (key := _uuid(call_id)) is None:
            return []
        rows = await self._system.fetch(self._sql["timeline"], key)
        return [_entry(row) for row in rows]

    async def timeline_last(self, call_id: str, kind: str) -> TimelineEntry | None:
        """The newest entry of this kind, or None."""
        if (key := _uuid(call_id)) is None:
            return None
        rows = await self._system.fetch(self._sql["timeline_last"], key, kind)
        return _entry(rows[0]) if rows else None

    async def transcript(self, call_id: str) -> list[TranscriptLine]:
        """In order of `seq`."""
        if (key := _uuid(call_id)) is None:
            return []
        rows = await self._system.fetch(self._sql["transcript"], key)
        return [
            TranscriptLine(
                call_id=str(row["call_id"]),
                seq=row["seq"],
                role=row["role"],
                text=row["text"],
                start_ms=row["start_ms"],
                end_ms=row["end_ms"],
                interrupted=row["interrupted"],
            )
            for row in rows
        ]

    async def end_lost_calls(self, worker_id: str, now: datetime) -> int:
        """End the live calls of every worker that is dead by `store.presence`; returns how many.

        A lost call's `ended_at` is its last sign of life (its row or its timeline), and its timeline gets a
        closing entry. The calls of `worker_id`, the process that asks, are spared.
        """
        async with self._system.transaction() as session:
            owners = await session.fetch(self._sql["dead_owners"], PRESENCE_NAMESPACE, worker_id)
            if not owners:
                return 0
            ended = await session.fetch(
                self._sql["end_calls_of"],
                [row["worker_id"] for row in owners],
                {"code": EndCode.PROCESS_LOST.value, "side": EndSide.SYSTEM.value, "detail": _LOST_DETAIL},
                now,
                EndCode.PROCESS_LOST.value,
                EndSide.SYSTEM.value,
                _LOST_DETAIL,
            )
        return len(ended)

    async def count_ended(self) -> dict[str, int]:
        """How many ended calls there are for each end reason."""
        rows = await self._system.fetch(self._sql["count_ended"])
        return {row["end_code"]: row["calls"] for row in rows}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _clean(text: str) -> str:
    """PostgreSQL's text cannot hold NUL or lone surrogates; a hostile From must not cost us the row."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _clean_json(value: object) -> object:
    """JSON with `_clean` texts; what JSON cannot say (an enum, a path, NaN) becomes text."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case str():
            return _clean(value)
        case dict():
            return {_clean(str(key)): _clean_json(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean_json(item) for item in value]
        case _:
            return _clean(str(value))


def _columns(row: CallRow) -> tuple[object, ...]:
    """In the order of `save_call`."""
    reason = row.end_reason
    return (
        UUID(row.id),
        row.type.value,
        row.status.value,
        row.scenario,
        _clean(row.from_uri),
        _clean(row.to_uri),
        _clean(row.sip_call_id),
        row.created_at,
        row.updated_at,
        row.started_at,
        row.ended_at,
        reason.code.value if reason else None,
        reason.side.value if reason else None,
        reason.sip_status if reason else None,
        _clean(reason.detail) if reason else None,
        _clean_json(dict(row.slots)),
        row.recording_path,
        row.worker_id,
        row.pcap_path,
        None if row.media is None else _clean_json(dict(row.media)),
        _clean_json([dict(transfer) for transfer in row.transfers]),
        None if row.costs is None else _clean_json(dict(row.costs)),
    )


def _entry(row: Row) -> TimelineEntry:
    return TimelineEntry(str(row["call_id"]), row["seq"], row["at_ms"], row["kind"], row["data"])


def _call(row: Row) -> CallRow:
    reason = None
    if row["end_code"] is not None:
        reason = EndReason(
            EndCode(row["end_code"]), EndSide(row["end_side"]), row["end_sip_status"], row["end_detail"] or ""
        )
    return CallRow(
        id=str(row["id"]),
        type=CallType(row["type"]),
        status=CallStatus(row["status"]),
        scenario=row["scenario"],
        from_uri=row["from_uri"],
        to_uri=row["to_uri"],
        sip_call_id=row["sip_call_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        end_reason=reason,
        slots=row["slots"],
        recording_path=row["recording_path"],
        pcap_path=row["pcap_path"],
        worker_id=row["worker_id"],
        media=row["media"],
        transfers=tuple(row["transfers"]),
        costs=row["costs"],
    )
