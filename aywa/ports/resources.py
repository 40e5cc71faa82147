"""What an organisation has made: assistants, numbers, tools, credentials and the like, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from aywa.model.audit import AuditEntry
from aywa.model.references import Reference


class ResourceKind(StrEnum):
    """The noun of its route."""

    ASSISTANT = "assistant"
    PHONE_NUMBER = "phone-number"
    TOOL = "tool"
    CREDENTIAL = "credential"
    WEBHOOK_ENDPOINT = "webhook-endpoint"
    FILE = "file"
    STRUCTURED_OUTPUT = "structured-output"
    CALL_SERVER = (
        "call-server"  # has no route: where an assistant that was named for single calls has its server
    )


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One resource.

    `body`: as its owner wrote it, without secrets. `sealed`: those, which only the store's key opens.
    `unique_key`: of all resources of this kind, of every organisation, one may have it. `version` counts
    changes from 1. Times are aware UTC datetimes.
    """

    org_id: UUID
    kind: ResourceKind
    id: UUID
    body: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    sealed: Mapping[str, object] | None = None
    unique_key: str | None = None
    references: tuple[Reference, ...] = ()  # not read back: `body` says the same
    version: int = 1


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """Which resources of a list: bounds on times, exclusive or inclusive, and where the page before ended."""

    limit: int = 100
    created_at_gt: datetime | None = None
    created_at_ge: datetime | None = None
    created_at_lt: datetime | None = None
    created_at_le: datetime | None = None
    updated_at_gt: datetime | None = None
    updated_at_ge: datetime | None = None
    updated_at_lt: datetime | None = None
    updated_at_le: datetime | None = None
    after: tuple[datetime, UUID] | None = None  # creation and id of the last one seen


class ResourceReader(Protocol):
    """Who knows resources by their ids."""

    async def get(self, org_id: UUID, kind: ResourceKind, id: UUID) -> ResourceRow | None:
        """The row, or None. Raises `StoreError`."""


class ResourceStore(Protocol):
    """Every method raises `StoreError`. Another organisation's resource is not there."""

    async def create(self, row: ResourceRow, entry: AuditEntry | None = None) -> bool:
        """Keep a new one; False when this id is there already. `entry`: of the audit log, in one transaction.

        Raises `RequestError` (409) naming the field whose reference leads nowhere, or when its key is taken.
        """

    async def get(self, org_id: UUID, kind: ResourceKind, id: UUID) -> ResourceRow | None:
        """The row, or None."""

    async def page(self, org_id: UUID, kind: ResourceKind, page: ResourcePage) -> list[ResourceRow]:
        """The newest first."""

    async def replace(self, row: ResourceRow, entry: AuditEntry | None = None) -> ResourceRow | None:
        """Write what `row` says if nobody changed it since `row.version`; the new row, None if somebody did.

        Raises as `create` does.
        """

    async def delete(
        self, org_id: UUID, kind: ResourceKind, id: UUID, entry: AuditEntry | None = None
    ) -> ResourceRow | None:
        """Forget it and return it; None when it is not there.

        Raises `RequestError` (409) naming what refers to it.
        """

    async def find(self, kind: ResourceKind, unique_key: str) -> ResourceRow | None:
        """Whoever has this key, in whichever organisation: for what comes from outside and knows none."""
