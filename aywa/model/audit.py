"""The audit log's entries and the chain of hashes that holds them together.

Each organisation has a chain. A row's hash is the SHA-256 of the hash before it and of the row as canonical
JSON (keys sorted, no blanks, UTF-8), so a row that is changed, removed or put in breaks every hash from there
on. What no chain can show is that its last rows are gone: who keeps the newest hash elsewhere knows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from aywa.model.base import Resource, Timestamp

FIRST = bytes(32)  # what the first row's hash is over, in place of a hash before it


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What was done, by whom, to what. `data` holds JSON without floats, and never a secret."""

    actor: str
    action: str  # dotted, for example "api_key.revoke"
    target_type: str
    target_id: str
    at: datetime  # aware
    request_id: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry in its place."""

    org_id: UUID
    seq: int  # from 1, without holes
    entry: AuditEntry
    previous: bytes
    hash: bytes


class AuditItem(Resource):
    """A row as the API shows it."""

    org_id: str
    seq: int
    at: Timestamp
    actor: str
    action: str
    target_type: str
    target_id: str
    request_id: str
    data: dict[str, object]
    previous: str
    hash: str


class AuditVerdict(Resource):
    """What became of walking an organisation's chain."""

    org_id: str
    rows: int  # that hold together, from the first
    head: str  # the hash of the last of them: keep it elsewhere
    first_broken: int | None = None  # its seq
    head_found: bool | None = None  # whether the hash that was asked for is one of theirs
    why: str | None = None


def chain(org_id: UUID, seq: int, entry: AuditEntry, previous: bytes) -> AuditRow:
    """The row that follows a row with this hash."""
    return AuditRow(org_id, seq, entry, previous, _hash(org_id, seq, entry, previous))


def break_of(row: AuditRow, seq: int, previous: bytes) -> str | None:
    """Why this row cannot follow; None when it does. `seq` is the one that is due."""
    if row.seq != seq:
        return f"row {seq} is missing"
    if row.previous != previous:
        return "it does not follow the row before it"
    if _hash(row.org_id, row.seq, row.entry, row.previous) != row.hash:
        return "it was changed after it was written"
    return None


def audit_item(row: AuditRow) -> AuditItem:
    """The row as the API shows it."""
    entry = row.entry
    return AuditItem(
        org_id=str(row.org_id),
        seq=row.seq,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        target_type=entry.target_type,
        target_id=entry.target_id,
        request_id=entry.request_id,
        data=dict(entry.data),
        previous=row.previous.hex(),
        hash=row.hash.hex(),
    )


def _hash(org_id: UUID, seq: int, entry: AuditEntry, previous: bytes) -> bytes:
    body = {
        "orgId": str(org_id),
        "seq": seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "targetType": entry.target_type,
        "targetId": entry.target_id,
        "requestId": entry.request_id,
        "data": dict(entry.data),
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(previous + text.encode()).digest()
