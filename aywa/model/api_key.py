"""API keys as the API shows and takes them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from pydantic import AwareDatetime, Field

from aywa.model.base import Plan, Resource, Timestamp
from aywa.model.key_token import KeyKind


class KeyScope(Enum):
    """What a key may do; each route names the one it needs."""

    READ = "read"  # every GET that no other scope is named for
    WRITE = "write"  # create, change and delete resources
    CALLS = "calls"  # place calls
    CONTROL = "control"  # steer live calls
    METRICS = "metrics"  # figures of the whole runtime, of every organisation
    ADMIN = "admin"  # keys, organisations, audit log


DEFAULT_SCOPES = {
    KeyKind.RUNTIME: (KeyScope.READ, KeyScope.WRITE, KeyScope.CALLS, KeyScope.CONTROL),
    KeyKind.ADMIN: tuple(KeyScope),
}


class ApiKey(Resource):
    """A key without its secret. `key` is there once, when it was made."""

    id: str
    org_id: str | None  # null: of no organisation, it chooses one with each request
    kind: str
    name: str
    hint: str
    scopes: list[str]
    created_at: Timestamp
    created_by: str
    expires_at: Timestamp | None = None
    last_used_at: Timestamp | None = None
    revoked_at: Timestamp | None = None
    key: str | None = None

    def to_json(self) -> dict[str, object]:
        """As every resource; an organisation that is null is said."""
        return super().to_json() | {"orgId": self.org_id}


class NewApiKey(Plan):
    """The body of `POST /api-key`."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
    kind: KeyKind = KeyKind.RUNTIME
    scopes: tuple[KeyScope, ...] | None = None  # None: the usual ones of the kind
    expires_at: AwareDatetime | None = None
    all_organizations: bool = False  # admin keys only, made by one of that sort


class KeyRotation(Plan):
    """The body of `POST /api-key/:id/rotate`."""

    grace_seconds: int = Field(default=0, ge=0, le=7 * 86_400)  # both keys work for so long
    expires_at: AwareDatetime | None = None


def fault_of(wanted: NewApiKey, now: datetime) -> tuple[str, str] | None:
    """The field that asks for what may not be, and the rule; None for a key that may be made."""
    scopes = DEFAULT_SCOPES[wanted.kind] if wanted.scopes is None else wanted.scopes
    if not scopes:
        return "scopes", "must name at least one scope"
    if wanted.kind is KeyKind.RUNTIME and KeyScope.ADMIN in scopes:
        return "scopes", "a runtime key cannot have admin: make a key of kind admin"
    if wanted.kind is KeyKind.RUNTIME and wanted.all_organizations:
        return "allOrganizations", "a runtime key belongs to one organization"
    if wanted.expires_at is not None and wanted.expires_at <= now:
        return "expiresAt", "must be in the future"
    return None
