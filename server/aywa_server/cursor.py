"""Where a list goes on: the cursor of a page, and the `Link` header (RFC 8288) that leads to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from aywa.errors import RequestError

CURSOR = r"^([0-9]{1,16})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def after_cursor(cursor: str) -> tuple[datetime, UUID]:
    """When the last entry of the page before was made, and its id. Raises `RequestError` (400)."""
    match = re.fullmatch(CURSOR, cursor, re.ASCII)
    if match is None:
        raise RequestError("must be the cursor of a Link header", code="invalid-parameter", field="cursor")
    return _EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2])


def next_link(url: str, arguments: Mapping[str, str], created_at: datetime, id: object) -> str:
    """The header's value: the page behind the entry that was made then and has this id."""
    return link_to(url, {**arguments, "cursor": f"{(created_at - _EPOCH) // timedelta(microseconds=1)}-{id}"})


def link_to(url: str, arguments: Mapping[str, str]) -> str:
    """The header's value for this query."""
    return f'<{url}?{urlencode(arguments)}>; rel="next"'
