"""JSON from a recogniser, read with suspicion: every wrong type is a ParseError."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from aywa.errors import ParseError

Object: TypeAlias = Mapping[str, Any]
MAX_TEXT = 32_768  # characters of one transcript: nobody says more in a turn
_MAX_ITEMS = 10_000
_MAX_SECONDS = 1e6


def parse_frame(frame: str | bytes) -> Object:
    """A frame that is one JSON object. Raises ParseError."""
    if isinstance(frame, bytes):
        raise ParseError("A recogniser's frame is binary", where="frame")
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise ParseError("A recogniser's frame is not JSON", where="frame") from error
    if not isinstance(found, dict):
        raise ParseError("A recogniser's frame is not a JSON object", where="frame")
    return found


def text_in(found: Object, name: str) -> str:
    """A text; "" where it is missing or null. Raises ParseError."""
    value = found.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ParseError("A recogniser's text is none", where=name)
    if value.isascii() and "\0" not in value:
        return value
    # Halves of surrogate pairs and NUL are JSON, but no text for a database or a voice.
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def number_in(found: Object, name: str) -> float | None:
    """A finite number; None where it is missing or null. Raises ParseError."""
    value = found.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        raise ParseError("A recogniser's number is none", where=name)
    number = float(value)
    if not math.isfinite(number):
        raise ParseError("A recogniser's number is not finite", where=name)
    return number


def seconds_in(found: Object, name: str) -> float | None:
    """A time since the session began, in seconds. Raises ParseError."""
    seconds = number_in(found, name)
    if seconds is not None and not 0 <= seconds <= _MAX_SECONDS:
        raise ParseError("A recogniser's time is out of range", where=name)
    return seconds


def share_in(found: Object, name: str) -> float | None:
    """A probability; what is out of 0..1 by rounding is put inside. Raises ParseError."""
    share = number_in(found, name)
    return None if share is None else min(max(share, 0.0), 1.0)


def flag_in(found: Object, name: str) -> bool:
    """A truth; missing or null is false. Raises ParseError."""
    value = found.get(name)
    if value is not None and not isinstance(value, bool):
        raise ParseError("A recogniser's flag is none", where=name)
    return bool(value)


def object_in(found: Object, name: str) -> Object:
    """An object; empty where it is missing or null. Raises ParseError."""
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ParseError("A recogniser's object is none", where=name)
    return value


def objects_in(found: Object, name: str) -> list[Object]:
    """A list of objects; empty where it is missing or null. Raises ParseError."""
    value = found.get(name)
    if value is None:
        return []
    if (
        not isinstance(value, list)
        or len(value) > _MAX_ITEMS
        or not all(isinstance(item, dict) for item in value)
    ):
        raise ParseError("A recogniser's list is none", where=name)
    return value


def first_text_in(found: Object, name: str) -> str | None:
    """The first of a list of texts, or None. Raises ParseError."""
    value = found.get(name)
    if value is None:
        return None
    if not isinstance(value, list):
        raise ParseError("A recogniser's list is none", where=name)
    return text_in({name: value[0]}, name) or None if value else None


def code_in(found: Object, name: str) -> str:
    """A code that may be told on: short, without a sentence in it; "" for anything else."""
    value = found.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= 64 and value.isascii():
        return value if value.replace("_", "").replace("-", "").replace(".", "").isalnum() else ""
    return ""
