"""Making, reading, changing and forgetting resources, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from aywa.errors import RequestError
from aywa.ids import new_call_id
from aywa.model.audit import AuditEntry
from aywa.model.base import iso_ms
from aywa.model.merge import merge
from aywa.model.references import references_of
from aywa.ports.resources import ResourcePage, ResourceRow, ResourceStore
from aywa.store.sealing import SealedRow, Sealer
from aywa_server.resources.kinds import Kind
from aywa_server.resources.reading import read_resource, refuse_unknown_nulls
from aywa_server.resources.secrets import fill, part

_TRIES = 5  # of a change that others are always faster than

Changed = Callable[[], None]


def _nobody() -> None:
    """For those who keep nothing."""


@dataclass(frozen=True, slots=True)
class Resources:
    """`now`: aware UTC; `changed` is told after every write; `actor`: who asks, and in which request."""

    store: ResourceStore
    sealer: Sealer
    rng: Random
    now: Callable[[], datetime]
    changed: Changed = _nobody
    actor: Callable[[], tuple[str, str]] = lambda: ("system", "")

    async def create(
        self, org_id: UUID, kind: Kind, body: Mapping[str, object], id: UUID | None = None
    ) -> ResourceRow:
        """A new one; one with this `id` that is there already is returned as it is. Raises `RequestError`."""
        model = read_resource(kind, body)
        at = self._now()
        new = self.new_id() if id is None else id
        row = self._written(ResourceRow(org_id, kind.kind, new, {}, at, at), kind, model)
        made = await self.store.create(row, self._entry("create", kind, new, body))
        self.changed()
        if made:
            return row
        return await self.get(org_id, kind, new)

    def new_id(self) -> UUID:
        """For a resource that is to be made."""
        return UUID(new_call_id(self.rng))

    async def get(self, org_id: UUID, kind: Kind, id: UUID) -> ResourceRow:
        """Raises `RequestError` (404)."""
        row = await self.store.get(org_id, kind.kind, id)
        if row is None:
            raise unknown(kind)
        return row

    async def page(self, org_id: UUID, kind: Kind, page: ResourcePage) -> tuple[Sequence[ResourceRow], bool]:
        """The newest first, and whether there are more behind them."""
        if page.limit == 0:
            return (), False
        rows = await self.store.page(org_id, kind.kind, replace(page, limit=page.limit + 1))
        return rows[: page.limit], len(rows) > page.limit

    async def change(
        self, org_id: UUID, kind: Kind, id: UUID, patch: Mapping[str, object], version: int | None = None
    ) -> ResourceRow:
        """Merge `patch` into it (RFC 7396); a mark in a secret's place leaves the secret.

        `version`: the only one to change. Raises `RequestError` (404; 412 for another version).
        """
        for _ in range(_TRIES):
            row = await self.get(org_id, kind, id)
            if version is not None and row.version != version:
                raise RequestError(
                    "it was changed since: read it again", http_status=412, code="version-conflict"
                )
            refuse_unknown_nulls(kind, row.body, patch)
            whole = fill(merge(row.body, patch), self._secrets(row))
            written = self._written(replace(row, updated_at=self._now()), kind, read_resource(kind, whole))
            kept = await self.store.replace(written, self._entry("change", kind, id, patch, row.version + 1))
            if kept is not None:
                self.changed()
                return kept
        raise RequestError("it is changed all the time: try again", http_status=409, code="version-conflict")

    async def delete(self, org_id: UUID, kind: Kind, id: UUID) -> ResourceRow:
        """What it was. Raises `RequestError` (404; 409 when something refers to it)."""
        row = await self.store.delete(org_id, kind.kind, id, self._entry("delete", kind, id))
        if row is None:
            raise unknown(kind)
        self.changed()
        return row

    def _entry(
        self, verb: str, kind: Kind, id: UUID, said: Mapping[str, object] | None = None, version: int = 1
    ) -> AuditEntry:
        """Which fields were written, never what they hold."""
        actor, request_id = self.actor()
        noun = kind.kind.value.replace("-", "_")
        data = {} if said is None else {"fields": sorted(said), "version": version}
        return AuditEntry(actor, f"{noun}.{verb}", noun, str(id), self.now(), request_id, data)

    def opened(self, row: ResourceRow) -> dict[str, Any]:
        """The body with its secrets, for what works with them. Raises `StoreError` where they do not open."""
        body: dict[str, Any] = fill(row.body, self._secrets(row))
        return body

    def _secrets(self, row: ResourceRow) -> dict[str, str]:
        return self.sealer.open(_bound(row), row.sealed)

    def _now(self) -> datetime:
        """As the API shows it: a filter by what was shown must find it."""
        at = self.now()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def _written(self, row: ResourceRow, kind: Kind, model: BaseModel) -> ResourceRow:
        body, secrets = part(model)
        return replace(
            row,
            body=body,
            sealed=self.sealer.seal(_bound(row), secrets),
            unique_key=kind.unique_key(model),
            references=references_of(body),
        )


def shown(row: ResourceRow, kind: Kind) -> dict[str, Any]:
    """As the API shows it."""
    return {
        "id": str(row.id),
        "orgId": str(row.org_id),
        "createdAt": iso_ms(row.created_at),
        "updatedAt": iso_ms(row.updated_at),
        **dict(kind.fixed),
        **row.body,
    }


def unknown(kind: Kind) -> RequestError:
    """The same for what is not there and for what is another organisation's."""
    name = kind.kind.value
    return RequestError(f"there is no {name} with this id", http_status=404, code=f"{name}-not-found")


def _bound(row: ResourceRow) -> SealedRow:
    return SealedRow(row.org_id, row.kind.value, row.id)
