"""API keys in PostgreSQL: what is kept is their SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Session
from aywa.model.api_key import KeyScope
from aywa.model.key_token import KeyKind
from aywa.store.queries import load_queries


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it is stored, but for its digest. Times are aware."""

    id: UUID
    org_id: UUID | None  # None: of no organisation
    kind: KeyKind
    name: str
    hint: str
    scopes: tuple[KeyScope, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class PostgresApiKeys:
    """All methods raise `StoreError`. `org_id` None means the keys of no organisation.

    Methods that take a session belong to the transaction that it is in, so that the audit log's row is
    committed with the change.
    """

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._system = postgres.system()
        self._sql = load_queries("api_keys")

    async def find(self, digest: bytes) -> KeyRow | None:
        """The key of this digest, valid or not."""
        rows = await self._system.fetch(self._sql["find_key"], digest)
        return _key(rows[0]) if rows else None

    async def used(self, key_id: UUID, at: datetime) -> None:
        """It was used at this time."""
        await self._system.execute(self._sql["use_key"], key_id, at)

    async def insert(self, session: Session, row: KeyRow, digest: bytes) -> None:
        """A new key."""
        await session.execute(
            self._sql["insert_key"],
            row.id,
            row.org_id,
            row.kind.value,
            row.name,
            row.hint,
            digest,
            [scope.value for scope in row.scopes],
            row.created_at,
            row.created_by,
            row.expires_at,
        )

    async def get(self, key_id: UUID, org_id: UUID | None) -> KeyRow | None:
        """The key with this id."""
        if org_id is None:
            rows = await self._system.fetch(self._sql["get_unbound_key"], key_id)
        else:
            rows = await self._postgres.tenant(org_id).read(self._sql["get_key"], key_id, org_id)
        return _key(rows[0]) if rows else None

    async def list(
        self, org_id: UUID | None, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[KeyRow]:
        """Newest first; `after`: time and id of the last of the page before."""
        last = after or (None, None)
        if org_id is None:
            rows = await self._system.fetch(self._sql["list_unbound_keys"], limit, *last)
        else:
            tenant = self._postgres.tenant(org_id)
            rows = await tenant.read(self._sql["list_keys"], org_id, limit, *last)
        return [_key(row) for row in rows]

    async def revoke(
        self, session: Session, key_id: UUID, org_id: UUID | None, at: datetime
    ) -> KeyRow | None:
        """End a key for good; one that was revoked before keeps its time."""
        return await self._end(session, key_id, org_id, at, revoke=True)

    async def expire(
        self, session: Session, key_id: UUID, org_id: UUID | None, at: datetime
    ) -> KeyRow | None:
        """Have a key expire then, if it does not before."""
        return await self._end(session, key_id, org_id, at, revoke=False)

    async def _end(
        self, session: Session, key_id: UUID, org_id: UUID | None, at: datetime, *, revoke: bool
    ) -> KeyRow | None:
        if org_id is None:
            rows = await session.fetch(self._sql["end_unbound_key"], key_id, revoke, at)
        else:
            rows = await session.fetch(self._sql["end_key"], key_id, org_id, revoke, at)
        return _key(rows[0]) if rows else None


def _key(row: Row) -> KeyRow:
    return KeyRow(
        id=row["id"],
        org_id=row["org_id"],
        kind=KeyKind(row["kind"]),
        name=row["name"],
        hint=row["hint"],
        scopes=tuple(KeyScope(scope) for scope in row["scopes"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
