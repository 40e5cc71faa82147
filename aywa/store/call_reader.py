"""What one organisation may read of calls in PostgreSQL."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Row, Scope
from aywa.errors import EndCode, EndReason, EndSide
from aywa.ports.store import (
    CallRecord,
    CallRow,
    CallStatus,
    CallType,
    CallWindow,
    TimelineEntry,
    TranscriptLine,
)
from aywa.store.queries import load_queries

_EVERYTHING = CallWindow()


class PostgresCallReader:
    """Implements `ports.store.CallReader`. Every method raises `StoreError`."""

    def __init__(self, tenant: Scope, org_id: UUID) -> None:
        self._tenant = tenant
        self._org_id = org_id
        self._sql = load_queries("calls")

    async def get_call(self, call_id: str) -> CallRow | None:
        """The row, or None; also None for an id that is no UUID."""
        if (key := _uuid(call_id)) is None:
            return None
        rows = await self._tenant.read(self._sql["get_call"], key, self._org_id)
        return call_of(rows[0]) if rows else None

    async def list_calls(
        self, *, limit: int = 100, before: datetime | None = None, window: CallWindow | None = None
    ) -> list[CallRow]:
        """Newest first; `limit` is 0 to 1001; `before` is an exclusive bound on `created_at`."""
        assert 0 <= limit <= 1001
        bounds = window or _EVERYTHING
        after_at, after_id = bounds.after or (None, None)
        rows = await self._tenant.read(
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
            self._org_id,
            bounds.assistant_id,
            bounds.phone_number_id,
            after_at,
            after_id,
        )
        return [call_of(row) for row in rows]

    async def rename_call(self, call_id: str, name: str, now: datetime) -> CallRow | None:
        """Give the call another name; None when there is no such call."""
        if (key := _uuid(call_id)) is None:
            return None
        rows = await self._tenant.fetch(self._sql["rename_call"], key, self._org_id, name, now)
        return call_of(rows[0]) if rows else None

    async def timeline(self, call_id: str) -> list[TimelineEntry]:
        """In order of `seq`."""
        if (key := _uuid(call_id)) is None:
            return []
        rows = await self._tenant.read(self._sql["timeline"], key, self._org_id)
        return [_entry(row) for row in rows]

    async def record(self, call_id: str, newest: str | None = None) -> CallRecord | None:
        """All of it, or None; of the timeline, where `newest` names a kind, only the newest entry of that."""
        if (key := _uuid(call_id)) is None:
            return None
        rows = await self._tenant.read(self._sql["record"], key, self._org_id, newest)
        if not rows:
            return None
        row = call_of(rows[0])
        entries, lines = (json.loads(rows[0][name] or "[]") for name in ("entries", "lines"))
        return CallRecord(
            row,
            [TimelineEntry(row.id, seq, at_ms, kind, data, row.org_id) for seq, at_ms, kind, data in entries],
            [
                TranscriptLine(row.id, seq, role, text, start_ms, end_ms, interrupted, row.org_id)
                for seq, role, text, start_ms, end_ms, interrupted in lines
            ],
        )

    async def transcript(self, call_id: str) -> list[TranscriptLine]:
        """In order of `seq`."""
        if (key := _uuid(call_id)) is None:
            return []
        rows = await self._tenant.read(self._sql["transcript"], key, self._org_id)
        return [line_of(row) for row in rows]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def line_of(row: Row) -> TranscriptLine:
    """A row of `transcript`."""
    return TranscriptLine(
        call_id=str(row["call_id"]),
        seq=row["seq"],
        role=row["role"],
        text=row["text"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        interrupted=row["interrupted"],
        org_id=row["org_id"],
    )


def _entry(row: Row) -> TimelineEntry:
    return TimelineEntry(
        str(row["call_id"]), row["seq"], row["at_ms"], row["kind"], row["data"], row["org_id"]
    )


def call_of(row: Row) -> CallRow:
    """A row of `calls`."""
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
        analysis=row["analysis"],
        compliance=row["compliance"],
        org_id=row["org_id"],
        assistant_id=row["assistant_id"],
        phone_number_id=row["phone_number_id"],
        name=row["name"],
        transport=row["transport"],
        monitor=row["monitor"],
        news=row["news"],
    )
