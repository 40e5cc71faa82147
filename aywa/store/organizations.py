"""Organisations in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Session
from aywa.model.organization import Organization
from aywa.store.queries import load_queries


class PostgresOrganizations:
    """All methods raise `StoreError`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._sql = load_queries("organizations")

    async def get(self, wanted: UUID, asking: UUID | None) -> Organization | None:
        """The organisation with this id, for another (which sees itself only) or for the system (None)."""
        if asking is None:
            rows = await self._postgres.system().fetch(self._sql["find_organization"], wanted)
        else:
            rows = await self._postgres.tenant(asking).fetch(self._sql["get_organization"], wanted, asking)
        return _organization(rows[0]) if rows else None

    async def list(self, limit: int, after: tuple[datetime, UUID] | None = None) -> Sequence[Organization]:
        """All of them, newest first; `after`: time and id of the last of the page before."""
        last = after or (None, None)
        rows = await self._postgres.system().fetch(self._sql["list_organizations"], limit, *last)
        return [_organization(row) for row in rows]

    async def insert(self, session: Session, org_id: UUID, name: str, at: datetime) -> Organization:
        """A new one, in a transaction of the system's."""
        return _organization((await session.fetch(self._sql["insert_organization"], org_id, name, at))[0])

    async def rename(self, session: Session, org_id: UUID, name: str, at: datetime) -> Organization | None:
        """Give it another name."""
        rows = await session.fetch(self._sql["rename_organization"], org_id, org_id, name, at)
        return _organization(rows[0]) if rows else None


def _organization(row: Row) -> Organization:
    return Organization(
        id=str(row["id"]), name=row["name"], created_at=row["created_at"], updated_at=row["updated_at"]
    )
