"""The query of a list of resources, and the address of its next page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from aywa.errors import RequestError
from aywa.ports.resources import ResourcePage, ResourceRow
from aywa_server.call_query import TIMES, parse_time, refuse_unknown

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_ALLOWED = {"cursor", "limit", *TIMES}
CURSOR = r"^([0-9]{1,16})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMN = re.compile(r"(created|updated)At(Gt|Ge|Lt|Le)")


def parse_page(arguments: Mapping[str, str]) -> ResourcePage:
    """Raises `RequestError` naming the parameter, also an unknown one."""
    refuse_unknown(arguments, _ALLOWED)
    times: dict[str, Any] = {
        _column(name): parse_time(name, arguments[name]) for name in sorted(TIMES) if name in arguments
    }
    page = ResourcePage(limit=_limit(arguments.get("limit")), **times)
    cursor = arguments.get("cursor")
    return page if cursor is None else replace(page, after=_after(cursor))


def next_link(url: str, arguments: Mapping[str, str], last: ResourceRow) -> str:
    """The `Link` header (RFC 8288) that leads on from `last`."""
    cursor = f"{(last.created_at - _EPOCH) // timedelta(microseconds=1)}-{last.id}"
    query = urlencode({**arguments, "cursor": cursor})
    return f'<{url}?{query}>; rel="next"'


def _column(name: str) -> str:
    match = _COLUMN.fullmatch(name)
    assert match is not None, "one of TIMES"
    return f"{match[1]}_at_{match[2].lower()}"


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) and int(text) <= MAX_LIMIT:
        return int(text)
    raise RequestError(
        f"must be a whole number from 0 to {MAX_LIMIT}", code="invalid-parameter", field="limit"
    )


def _after(cursor: str) -> tuple[datetime, UUID]:
    match = re.fullmatch(CURSOR, cursor, re.ASCII)
    if match is None:
        raise RequestError("must be the cursor of a Link header", code="invalid-parameter", field="cursor")
    return _EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2])
