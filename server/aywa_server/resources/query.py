"""The query of a list of resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aywa.errors import RequestError
from aywa.ports.resources import ResourcePage
from aywa_server.call_query import TIMES, parse_time, refuse_unknown
from aywa_server.cursor import after_cursor

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_ALLOWED = {"cursor", "limit", *TIMES}
_COLUMN = re.compile(r"(created|updated)At(Gt|Ge|Lt|Le)")


def parse_page(arguments: Mapping[str, str]) -> ResourcePage:
    """Raises `RequestError` naming the parameter, also an unknown one."""
    refuse_unknown(arguments, _ALLOWED)
    times: dict[str, Any] = {
        _column(name): parse_time(name, arguments[name]) for name in sorted(TIMES) if name in arguments
    }
    page = ResourcePage(limit=_limit(arguments.get("limit")), **times)
    cursor = arguments.get("cursor")
    return page if cursor is None else replace(page, after=after_cursor(cursor))


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
