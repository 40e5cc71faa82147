"""Resources and answered requests in dictionaries, as their stores keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import trio

from aywa.errors import RequestError
from aywa.model.audit import AuditEntry
from aywa.ports.idempotency import KEPT, LEASE, Known, Standing
from aywa.ports.resources import ResourceKind, ResourcePage, ResourceRow
from aywa.store.sealing import Sealer, parse_store_key
from aywa_server.once import Once
from aywa_server.resources.service import Resources

_BOUNDS = ("gt", "ge", "lt", "le")


@dataclass
class DictResources:
    """Implements `ports.resources.ResourceStore`."""

    rows: dict[UUID, ResourceRow] = field(default_factory=dict)
    audit: list[AuditEntry | None] = field(default_factory=list)

    async def create(self, row: ResourceRow, entry: AuditEntry | None = None) -> bool:
        await self._check(row)
        if row.id in self.rows:
            return False
        self.audit.append(entry)
        self.rows[row.id] = row
        return True

    async def get(self, org_id: UUID, kind: ResourceKind, id: UUID) -> ResourceRow | None:
        await trio.lowlevel.checkpoint()
        row = self.rows.get(id)
        return row if row is not None and (row.org_id, row.kind) == (org_id, kind) else None

    async def page(self, org_id: UUID, kind: ResourceKind, page: ResourcePage) -> list[ResourceRow]:
        await trio.lowlevel.checkpoint()
        rows = [row for row in self.rows.values() if (row.org_id, row.kind) == (org_id, kind)]
        rows = [row for row in rows if _within(row, page)]
        return sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)[: page.limit]

    async def replace(self, row: ResourceRow, entry: AuditEntry | None = None) -> ResourceRow | None:
        await self._check(row)
        kept = self.rows.get(row.id)
        if kept is None or (kept.org_id, kept.version) != (row.org_id, row.version):
            return None
        self.rows[row.id] = replace(row, version=row.version + 1)
        self.audit.append(entry)
        return self.rows[row.id]

    async def delete(
        self, org_id: UUID, kind: ResourceKind, id: UUID, entry: AuditEntry | None = None
    ) -> ResourceRow | None:
        if (row := await self.get(org_id, kind, id)) is None:
            return None
        for other in self.rows.values():
            if other.id != id and any(reference.id == id for reference in other.references):
                detail = f"the {kind.value} is in use by {other.kind.value} {other.id}"
                raise RequestError(detail, http_status=409, code="resource-in-use")
        self.audit.append(entry)
        return self.rows.pop(row.id)

    async def find(self, kind: ResourceKind, unique_key: str) -> ResourceRow | None:
        await trio.lowlevel.checkpoint()
        found = [row for row in self.rows.values() if (row.kind, row.unique_key) == (kind, unique_key)]
        return found[0] if found else None

    async def _check(self, row: ResourceRow) -> None:
        for reference in row.references:
            if await self.get(row.org_id, ResourceKind(reference.kind), reference.id) is None:
                raise RequestError(
                    f"{reference.field}: there is no {reference.kind} with this id",
                    http_status=409,
                    code="unknown-reference",
                    field=reference.field,
                )
        if row.unique_key is not None:
            other = await self.find(row.kind, row.unique_key)
            if other is not None and other.id != row.id:
                raise RequestError("in use", http_status=409, code="already-exists")


def _within(row: ResourceRow, page: ResourcePage) -> bool:
    if page.after is not None and (row.created_at, row.id) >= page.after:
        return False
    compare = (datetime.__gt__, datetime.__ge__, datetime.__lt__, datetime.__le__)
    for noun, at in (("created_at", row.created_at), ("updated_at", row.updated_at)):
        for name, holds in zip(_BOUNDS, compare, strict=True):
            bound = getattr(page, f"{noun}_{name}")
            if bound is not None and not holds(at, bound):
                return False
    return True


@dataclass
class DictIdempotency:
    """Implements `ports.idempotency.IdempotencyStore`."""

    kept: dict[tuple[UUID, str], tuple[str, datetime, Mapping[str, object] | None]] = field(
        default_factory=dict
    )

    async def begin(self, org_id: UUID, key: str, prints: Sequence[str], now: datetime) -> Known:
        await trio.lowlevel.checkpoint()
        known = self.kept.get((org_id, key))
        if known is not None:
            fingerprint, began, answer = known
            lost = answer is None and began < now - LEASE and fingerprint in prints
            if began >= now - KEPT and not lost:
                if fingerprint not in prints:
                    return Known(Standing.OTHER)
                return Known(Standing.RUNNING if answer is None else Standing.ANSWERED, answer)
        self.kept[org_id, key] = (prints[0], now, None)
        return Known(Standing.NEW)

    async def finish(self, org_id: UUID, key: str, answer: Mapping[str, object]) -> None:
        await trio.lowlevel.checkpoint()
        fingerprint, began, _ = self.kept[org_id, key]
        self.kept[org_id, key] = (fingerprint, began, answer)

    async def abandon(self, org_id: UUID, key: str) -> None:
        await trio.lowlevel.checkpoint()
        if (known := self.kept.get((org_id, key))) is not None and known[2] is None:
            del self.kept[org_id, key]


@dataclass
class DictBlobs:
    """Implements `ports.blobs.BlobStore`."""

    kept: dict[tuple[UUID, UUID], bytes] = field(default_factory=dict)

    async def put(self, org_id: UUID, id: UUID, content: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.kept[org_id, id] = content

    async def get(self, org_id: UUID, id: UUID) -> bytes | None:
        await trio.lowlevel.checkpoint()
        return self.kept.get((org_id, id))

    async def delete(self, org_id: UUID, id: UUID) -> None:
        await trio.lowlevel.checkpoint()
        self.kept.pop((org_id, id), None)


@dataclass
class SteppingClock:
    """Every look at it is a millisecond later."""

    at: float = 1_780_000_000.0

    def __call__(self) -> datetime:
        self.at += 0.001
        return datetime.fromtimestamp(self.at, UTC)


SEALER = Sealer([parse_store_key("a phrase of at least 32 characters")])


def dict_resources() -> Resources:
    """The service on dictionaries."""
    return Resources(DictResources(), SEALER, Random(7), SteppingClock())


def dict_once() -> Once:
    """Requests that are answered once."""
    return Once(DictIdempotency(), SEALER, SteppingClock())
