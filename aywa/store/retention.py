"""What is due to be deleted by the plans of assistants and by the settings, and deleting it in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row
from aywa.model.audit import AuditEntry
from aywa.store.audit import PostgresAudit
from aywa.store.erasing import PostgresErasing
from aywa.store.queries import load_queries

ACTOR = "retention"


class PostgresRetention:
    """Rows are found in the system's name and deleted in their organisation's. All raise `StoreError`."""

    def __init__(self, postgres: Postgres, erasing: PostgresErasing) -> None:
        self._postgres = postgres
        self._system = postgres.system()
        self._erasing = erasing
        self._audit = PostgresAudit(postgres)
        self._sql = load_queries("retention")

    async def due_recordings(self, now: datetime, days: float | None, limit: int) -> list[Row]:
        """Calls whose audio and captures are due; `days`: of calls whose plan does not say, None: never."""
        return list(await self._system.fetch(self._sql["due_recordings"], now, days, limit))

    async def recordings_gone(self, org_id: UUID, call_id: UUID, now: datetime) -> None:
        """The files of a call are deleted."""
        async with self._postgres.tenant(org_id).transaction() as session:
            await session.execute(self._sql["forget_paths"], call_id, org_id)
            await session.execute(self._sql["note_recordings"], call_id, org_id, now)

    async def delete_transcripts(self, now: datetime, days: float | None, limit: int) -> int:
        """What was said: lines, timeline, analyses, slots, messages for servers; how many calls' it was."""
        rows = await self._system.fetch(self._sql["due_transcripts"], now, days, limit)
        for org_id, call_ids in _by_organisation(rows).items():
            async with self._postgres.tenant(org_id).transaction() as session:
                for name in _WORDS:
                    await session.execute(self._sql[name], call_ids, org_id)
                noted = [(call_id, org_id, now) for call_id in call_ids]
                await session.executemany(self._sql["note_transcript"], noted)
                entry = retention_entry("retention.transcripts", len(call_ids), now)
                await self._audit.append(session, org_id, entry)
        return len(rows)

    async def delete_calls(self, now: datetime, days: float | None, limit: int) -> int:
        """Everything of calls; their files are left to the work that is written down."""
        rows = await self._system.fetch(self._sql["due_calls"], now, days, limit)
        for org_id, call_ids in _by_organisation(rows).items():
            entry = retention_entry("retention.calls", len(call_ids), now)
            await self._erasing.erase(org_id, [str(call_id) for call_id in call_ids], now, entry=entry)
        return len(rows)

    async def note(self, org_id: UUID, entry: AuditEntry) -> None:
        """A row of the audit log by itself."""
        async with self._postgres.tenant(org_id).transaction() as session:
            await self._audit.append(session, org_id, entry)


_WORDS = (
    "delete_transcript",
    "delete_timeline",
    "delete_tool_runs",
    "delete_analyses",
    "delete_messages",
    "forget_words",
)


def retention_entry(action: str, calls: int, now: datetime) -> AuditEntry:
    """What the audit log says of a batch."""
    return AuditEntry(ACTOR, action, "call", "", now, data={"calls": calls})


def _by_organisation(rows: Iterable[Row]) -> dict[UUID, list[UUID]]:
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        found[row["org_id"]].append(row["id"])
    return found
