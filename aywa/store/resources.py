"""Resources in PostgreSQL. A transaction knows its organisation; every statement asks for it besides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Session
from aywa.errors import RequestError, StoreError
from aywa.model.audit import AuditEntry
from aywa.ports.resources import ResourceKind, ResourcePage, ResourceRow
from aywa.store.audit import PostgresAudit
from aywa.store.queries import load_queries

_UNIQUE_VIOLATION = "23505"  # PostgreSQL, appendix A
_RESEALED_AT_A_TIME = 100


class PostgresResources:
    """Implements `ports.resources.ResourceStore`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._sql = load_queries("resources")
        self._audit = PostgresAudit(postgres)

    async def create(self, row: ResourceRow, entry: AuditEntry | None = None) -> bool:
        """Keep a new one; see `ResourceStore`."""
        async with self._of(row.org_id) as session:
            await self._hold_references(session, row)
            made = await session.fetch(
                self._sql["create_resource"], *_columns(row), row.created_at, row.updated_at
            )
            if made:
                await self._note(session, row.org_id, entry)
                return True
            if row.unique_key is not None and not await self._exists(session, row):
                raise _taken(row)
        return False

    async def get(self, org_id: UUID, kind: ResourceKind, id: UUID) -> ResourceRow | None:
        """The row, or None."""
        tenant = self._postgres.tenant(org_id)
        rows = await tenant.read(self._sql["get_resource"], org_id, kind.value, id)
        return _row(rows[0]) if rows else None

    async def page(self, org_id: UUID, kind: ResourceKind, page: ResourcePage) -> list[ResourceRow]:
        """The newest first; `page.limit` is 0 to 1001."""
        after = page.after or (None, None)
        rows = await self._postgres.tenant(org_id).read(
            self._sql["list_resources"],
            org_id,
            kind.value,
            page.limit,
            page.created_at_gt,
            page.created_at_ge,
            page.created_at_lt,
            page.created_at_le,
            page.updated_at_gt,
            page.updated_at_ge,
            page.updated_at_lt,
            page.updated_at_le,
            *after,
        )
        return [_row(row) for row in rows]

    async def replace(self, row: ResourceRow, entry: AuditEntry | None = None) -> ResourceRow | None:
        """Write it if nobody has changed it; see `ResourceStore`."""
        try:
            async with self._of(row.org_id) as session:
                await self._hold_references(session, row)
                rows = await session.fetch(self._sql["replace_resource"], *_columns(row), row.updated_at)
                if rows:
                    await self._note(session, row.org_id, entry)
        except StoreError as error:
            if error.state == _UNIQUE_VIOLATION:
                raise _taken(row) from error
            raise
        return _row(rows[0]) if rows else None

    async def delete(
        self, org_id: UUID, kind: ResourceKind, id: UUID, entry: AuditEntry | None = None
    ) -> ResourceRow | None:
        """Forget it; see `ResourceStore`. Whoever is just naming it is waited for."""
        async with self._of(org_id) as session:
            if not await session.fetch(self._sql["lock_resource"], org_id, kind.value, id):
                return None
            referring = await session.fetch(self._sql["referring"], org_id, id)
            if referring:
                raise _in_use(kind, referring[0])
            rows = await session.fetch(self._sql["delete_resource"], org_id, kind.value, id)
            await self._note(session, org_id, entry)
        return _row(rows[0]) if rows else None

    async def find(self, kind: ResourceKind, unique_key: str) -> ResourceRow | None:
        """Whoever has this key, in whichever organisation."""
        rows = await self._postgres.system().fetch(self._sql["find_resource"], kind.value, unique_key)
        return _row(rows[0]) if rows else None

    async def forget_call_servers(self, before: datetime) -> int:
        """Delete servers that were kept for single calls before this; returns how many."""
        tag = await self._postgres.system().execute(self._sql["forget_call_servers"], before)
        return int(tag.rpartition(" ")[2])

    async def sealed_otherwise(self, key_id: str) -> list[ResourceRow]:
        """Some of the rows, of all organisations, whose secrets another key has sealed."""
        rows = await self._postgres.system().fetch(self._sql["sealed_otherwise"], key_id, _RESEALED_AT_A_TIME)
        return [_row(row) for row in rows]

    async def reseal(self, row: ResourceRow, sealed: dict[str, object]) -> None:
        """Put another envelope in the place of the row's, unless it was written anew meanwhile."""
        async with self._of(row.org_id) as session:
            await session.execute(self._sql["reseal_resource"], row.org_id, row.id, row.sealed, sealed)

    async def _note(self, session: Session, org_id: UUID, entry: AuditEntry | None) -> None:
        """Last in a transaction, see `PostgresAudit`."""
        if entry is not None:
            await self._audit.append(session, org_id, entry)

    async def _exists(self, session: Session, row: ResourceRow) -> bool:
        return bool(await session.fetch(self._sql["resource_exists"], row.org_id, row.id))

    async def _hold_references(self, session: Session, row: ResourceRow) -> None:
        """Everything that is named is there, and stays until the transaction ends."""
        wanted = sorted({reference.id for reference in row.references})
        if not wanted:
            return
        rows = await session.fetch(self._sql["lock_referenced"], row.org_id, wanted)
        kinds = {found["id"]: found["kind"] for found in rows}
        for reference in row.references:
            if kinds.get(reference.id) != reference.kind:
                raise RequestError(
                    f"{reference.field}: there is no {reference.kind} with this id",
                    http_status=409,
                    code="unknown-reference",
                    field=reference.field,
                )

    @asynccontextmanager
    async def _of(self, org_id: UUID) -> AsyncIterator[Session]:
        """A transaction of this organisation."""
        async with self._postgres.tenant(org_id).transaction() as session:
            yield session


def _columns(row: ResourceRow) -> tuple[object, ...]:
    """In the order of `create_resource` and `replace_resource`, without the times."""
    refs = sorted({reference.id for reference in row.references})
    sealed = None if row.sealed is None else dict(row.sealed)
    return row.org_id, row.kind.value, row.id, dict(row.body), sealed, row.unique_key, refs, row.version


def _row(row: Row) -> ResourceRow:
    return ResourceRow(
        org_id=row["org_id"],
        kind=ResourceKind(row["kind"]),
        id=row["id"],
        body=row["body"],
        sealed=row["sealed"],
        unique_key=row["unique_key"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _taken(row: ResourceRow) -> RequestError:
    """The key is a number or an address, and who has it is nobody's business."""
    return RequestError(
        f"this {row.kind.value} is in use in this runtime already", http_status=409, code="already-exists"
    )


def _in_use(kind: ResourceKind, by: Row) -> RequestError:
    name = f" ({by['name']})" if by["name"] else ""
    return RequestError(
        f"the {kind.value} is in use by {by['kind']} {by['id']}{name}: change or delete that first",
        http_status=409,
        code="resource-in-use",
    )
