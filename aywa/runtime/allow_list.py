"""What may be reached inside the operator's network, in the audit log whenever it has changed."""

from __future__ import annotations

from collections.abc import Sequence

from aywa.bridge.postgres import Postgres
from aywa.clock import wall_now
from aywa.model.audit import AuditEntry
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.store.audit import PostgresAudit

ACTION = "outbound.private_allowed"
TARGET = "setting"
NAME = "RUNTIME_OUTBOUND_PRIVATE"


async def audit_allow_list(postgres: Postgres, entries: Sequence[str], worker_id: str) -> bool:
    """Append a row to the default organisation's log unless its last one says the same; whether one was.

    Raises `StoreError`.
    """
    audit, listed = PostgresAudit(postgres), sorted(entries)
    async with postgres.tenant(DEFAULT_ORGANIZATION).transaction() as session:
        await audit.lock(session, DEFAULT_ORGANIZATION)  # workers that start together write one row
        last = await audit.last_of(session, DEFAULT_ORGANIZATION, ACTION)
        known = [] if last is None else list(last.entry.data.get("entries", ()))  # type: ignore[call-overload]
        if known == listed:
            return False
        entry = AuditEntry(f"start:{worker_id}", ACTION, TARGET, NAME, wall_now(), data={"entries": listed})
        await audit.append(session, DEFAULT_ORGANIZATION, entry)
    return True
