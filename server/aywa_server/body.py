"""Bodies of requests: how large, how deep and of what, before anything is made of them."""

from __future__ import annotations

import json
import re

from quart import request

from aywa.errors import RequestError

_EXACT = 2**53  # beyond it a double stands for several integers
MAX_DEPTH = 64  # of objects and lists in each other; a tool's schema has about ten
# A string; one that never ends is taken to the end of the text, so that no place is looked at twice.
_STRING = re.compile(r'"(?>(?:[^"\\]|\\.)*)"?', re.DOTALL)
_SQUARE = str.maketrans("{}", "[]")
_OTHERS = re.compile(r"[^\[\]{}]+")


async def read_json_object() -> dict[str, object]:
    """The request's body; raises `RequestError` (415, 400), or Quart's 413 and 408."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise RequestError(
            "the body must be JSON: send Content-Type: application/json",
            http_status=415,
            code="unsupported-media-type",
        )
    return parse_json_object(await _bytes())


async def _bytes() -> bytes:
    data = await request.get_data(as_text=False)
    assert isinstance(data, bytes)
    return data


def parse_json_object(data: bytes) -> dict[str, object]:
    """Raises `RequestError` (400) for anything but one object of JSON (RFC 8259) that can be kept."""
    try:
        text = data.decode("utf-8-sig")
        if _depth(text) > MAX_DEPTH:
            raise RequestError(
                f"the body has more than {MAX_DEPTH} objects and lists in each other", code="body-too-deep"
            )
        body = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):  # the latter: thousands of nested brackets
        raise RequestError("the body is not valid JSON", code="invalid-json") from None
    if not isinstance(body, dict):
        raise RequestError("the body must be a JSON object", code="invalid-json")
    if "\\" in text:
        _check_texts(body, "")
    return body


def _depth(text: str) -> int:
    """At its deepest; above `MAX_DEPTH` any number above. A text that is no JSON may come out wrong."""
    marks = _OTHERS.sub("", _STRING.sub("", text)).translate(_SQUARE)
    for depth in range(MAX_DEPTH + 2):
        if not marks:
            return depth
        marks = marks.replace("[]", "")  # the innermost
    depth = 0
    for mark in marks:  # deeper, or no JSON
        depth += 1 if mark == "[" else -1
        if depth > MAX_DEPTH:
            return depth
    return 0


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    """4.0 is the integer 4, as JSON Schema has it (draft 2020-12, Core 4.2.3)."""
    number = float(text)
    if number - number != 0:
        raise ValueError("the number is too large")
    return int(number) if abs(number) <= _EXACT and number.is_integer() else number


def _check_texts(value: object, path: str) -> None:
    """Neither NUL nor half a surrogate pair: no database keeps them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            _check_text(name, path)
            _check_texts(inner, below)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_texts(inner, f"{path}.{index}" if path else str(index))
    elif isinstance(value, str):
        _check_text(value, path)


def _check_text(text: str, path: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        rule = "must not have NUL or half a surrogate pair in a text"
        raise RequestError(f"{path or 'the body'}: {rule}", code="invalid-field", field=path or None)
