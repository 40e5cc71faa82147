"""Reads JSON that somebody else wrote, in the one way in which everybody reads it.

What readers disagree on is refused rather than understood: a name that comes twice, NaN and infinities,
halves of surrogate pairs, numbers that no double holds, and what nests too deeply to be walked. A UTF-8 byte
order mark is passed over, as RFC 8259 section 8.1 allows; any other encoding than UTF-8 is refused.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import NoReturn

MAX_DEPTH = 100
MAX_DIGITS = 300  # of an integer


class JsonError(ValueError):
    """It is not JSON that can be used; the message says why, without what was written."""


def read_json(body: bytes | str) -> object:
    """The value. Raises JsonError."""
    try:
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
        value: object = json.loads(
            text,
            parse_constant=_no_number,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=_once,
        )
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except JsonError:
        raise
    except UnicodeError:
        raise JsonError("it is not UTF-8") from None
    except RecursionError:
        raise JsonError("it nests too deeply") from None
    except ValueError:
        raise JsonError("it is not JSON") from None
    if _deep(value):
        raise JsonError("it nests too deeply")
    return value


def _deep(value: object) -> bool:
    """Level by level, so that no depth is too much for the walk itself."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        level = [each for each in below if isinstance(each, dict | list)]
        if not level:
            return False
    return True


def _no_number(name: str) -> NoReturn:
    raise JsonError(f"{name} is no number of JSON")


def _float(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise JsonError("a number is too large")
    return number


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise JsonError("a number is too large")
    return int(text)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("a name comes twice in one object")
    return found
