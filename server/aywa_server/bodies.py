"""A request's body as a model, and its query's whole numbers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from quart import request

from aywa.errors import RequestError
from aywa_server.body import read_json_object
from aywa_server.call_query import refuse_unknown
from aywa_server.cursor import after_cursor

_M = TypeVar("_M", bound=BaseModel)
_TOP = {"limit": 1000, "unbound": 1}


async def read_body(model: type[_M], *, optional: bool = False) -> _M:
    """The body; raises `RequestError` naming the field. An optional one may be left out."""
    if optional and not await request.get_data(as_text=False):
        return model()
    return judge(model, await read_json_object())


def judge(model: type[_M], body: dict[str, object]) -> _M:
    """The body as a model; raises `RequestError` naming the field."""
    try:
        return model.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        rule = str(first["msg"]).removeprefix("Value error, ")
        raise RequestError(f"{field}: {rule}", code="invalid-field", field=field) from None


def read_query(*names: str) -> dict[str, int]:
    """The whole numbers of the query that are given; raises `RequestError` for any other.

    `cursor` is none of them.
    """
    refuse_unknown(request.args, names)
    found = {}
    for name, text in request.args.items():
        if name == "cursor":
            continue
        top = _TOP.get(name, (1 << 63) - 1)
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= top):
            rule = f"must be a whole number from 1 to {top}"
            raise RequestError(rule, code="invalid-parameter", field=name)
        found[name] = int(text)
    return found


def cursor_of_query() -> tuple[datetime, UUID] | None:
    """Where the page before ended, if the query says so; raises `RequestError`."""
    cursor = request.args.get("cursor")
    return None if cursor is None else after_cursor(cursor)


def uuid_or_none(text: str) -> UUID | None:
    """The id; None for what is none, and so nobody's."""
    try:
        return UUID(text)
    except ValueError:
        return None
