"""The query of `GET /call`: how many, between which times, of which assistant and number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from aywa.errors import RequestError
from aywa.ports.store import CallWindow
from aywa_server.cursor import after_cursor

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
TIMES = {f"{noun}{bound}" for noun in ("createdAt", "updatedAt") for bound in ("Gt", "Lt", "Ge", "Le")}
_ALLOWED = {"limit", "cursor", "id", "assistantId", "phoneNumberId", *TIMES}


@dataclass(frozen=True, slots=True)
class CallQuery:
    """A validated query."""

    limit: int
    call_id: str | None
    before: datetime | None  # exclusive bound on createdAt
    window: CallWindow


def parse_call_query(arguments: Mapping[str, str]) -> CallQuery:
    """Raises `RequestError` naming the parameter, also an unknown one."""
    refuse_unknown(arguments, _ALLOWED)
    cursor = arguments.get("cursor")
    times = {name: parse_time(name, arguments[name]) for name in TIMES if name in arguments}
    return CallQuery(
        limit=parse_limit(arguments.get("limit"), 0),
        call_id=arguments.get("id"),
        before=times.get("createdAtLt"),
        window=CallWindow(
            created_at_le=times.get("createdAtLe"),
            created_at_gt=times.get("createdAtGt"),
            created_at_ge=times.get("createdAtGe"),
            updated_at_lt=times.get("updatedAtLt"),
            updated_at_le=times.get("updatedAtLe"),
            updated_at_gt=times.get("updatedAtGt"),
            updated_at_ge=times.get("updatedAtGe"),
            assistant_id=parse_uuid("assistantId", arguments.get("assistantId")),
            phone_number_id=parse_uuid("phoneNumberId", arguments.get("phoneNumberId")),
            after=None if cursor is None else after_cursor(cursor),
        ),
    )


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """Raises `RequestError` naming the first parameter that is not known: ignoring a filter would lie."""
    for name in names:
        if name not in known:
            rule = f"unknown query parameter; known are {', '.join(sorted(known))}"
            raise RequestError(rule, code="unknown-parameter", field=name)


def parse_limit(text: str | None, least: int = 1) -> int:
    """How many a list may have. Raises `RequestError`."""
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) <= 4 and least <= int(text) <= MAX_LIMIT:
        return int(text)
    raise RequestError(
        f"must be a whole number from {least} to {MAX_LIMIT}", code="invalid-parameter", field="limit"
    )


def parse_uuid(name: str, text: str | None) -> UUID | None:
    """An id in a query, None without one. Raises `RequestError`."""
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise RequestError("must be an id, a UUID", code="invalid-parameter", field=name) from None


def parse_time(name: str, text: str) -> datetime:
    """A time in a query, in UTC. Raises `RequestError`."""
    try:
        # an unencoded "+" arrives as a space; no other space is part of the format that the API writes
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RequestError(
            "must be an ISO 8601 time such as 2026-05-31T00:00:00.000Z", code="invalid-parameter", field=name
        ) from None
