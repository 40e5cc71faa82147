"""The audit log in PostgreSQL: rows are appended in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Session
from aywa.model.audit import FIRST, AuditEntry, AuditRow, AuditVerdict, break_of, chain
from aywa.store.queries import load_queries

_LOCK_CLASS = 0x41595762  # beside that of `presence`; the second half is hashtext(org_id)
_WALK = 1000  # rows read at a time


class PostgresAudit:
    """All methods raise `StoreError`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._sql = load_queries("audit")

    async def append(self, session: Session, org_id: UUID, entry: AuditEntry) -> AuditRow:
        """Append to the organisation's chain. Last in a transaction: others wait until it has ended."""
        await self.lock(session, org_id)
        last = await session.fetch(self._sql["last_of_chain"], org_id)
        seq, previous = (last[0]["seq"] + 1, last[0]["hash"]) if last else (1, FIRST)
        row = chain(org_id, seq, entry, previous)
        await session.execute(
            self._sql["append_audit"],
            row.org_id,
            row.seq,
            entry.at,
            entry.actor,
            entry.action,
            entry.target_type,
            entry.target_id,
            entry.request_id,
            dict(entry.data),
            row.previous,
            row.hash,
        )
        return row

    async def lock(self, session: Session, org_id: UUID) -> None:
        """Hold the organisation's chain until the transaction has ended."""
        await session.fetch(self._sql["lock_chain"], _LOCK_CLASS, str(org_id))

    async def last_of(self, session: Session, org_id: UUID, action: str) -> AuditRow | None:
        """The newest row of this action."""
        rows = await session.fetch(self._sql["last_of_action"], org_id, action)
        return _row(rows[0]) if rows else None

    async def list(self, org_id: UUID, *, limit: int, before: int | None = None) -> Sequence[AuditRow]:
        """Newest first; `before` is an exclusive bound on `seq`."""
        rows = await self._postgres.tenant(org_id).read(self._sql["list_audit"], org_id, before, limit)
        return [_row(row) for row in rows]

    async def verify(self, org_id: UUID, known: bytes | None = None) -> AuditVerdict:
        """Walk the organisation's chain from its first row to its last or to the first that is broken.

        `known` is a hash that was the newest once: where rows were taken from the end, it is missing.
        """
        tenant, seen, head = self._postgres.tenant(org_id), 0, FIRST
        met = None if known is None else known == FIRST
        while rows := await tenant.read(self._sql["walk_chain"], org_id, seen, _WALK):
            for row in map(_row, rows):
                if (why := break_of(row, seen + 1, head)) is not None:
                    return AuditVerdict(
                        org_id=str(org_id), rows=seen, head=head.hex(), first_broken=row.seq, why=why
                    )
                seen, head = row.seq, row.hash
                met = met if known is None else met or head == known
        return AuditVerdict(org_id=str(org_id), rows=seen, head=head.hex(), head_found=met)


def _row(row: Row) -> AuditRow:
    entry = AuditEntry(
        row["actor"],
        row["action"],
        row["target_type"],
        row["target_id"],
        row["at"],
        row["request_id"],
        row["data"],
    )
    return AuditRow(row["org_id"], row["seq"], entry, row["previous"], row["hash"])
