"""A tool call out of what a model wrote.

Models write broken JSON now and then, and are cut off in the middle of it. That is no reason to fail the
turn, nor to run a tool on half of its arguments: the call goes on as `unreadable`, is answered with the
mistake, and the model is asked again, within the rounds that a turn has.
"""

from __future__ import annotations

import json
from collections.abc import Container
from itertools import count

from aywa.ports.llm import ToolCall
from aywa.providers.chat.mistakes import spoken

MAX_ARGUMENTS = 262_144  # characters of one call's
MAX_CALLS = 64  # in one answer


def tool_call(
    call_id: str, name: str, written: object, taken: Container[str], keepsake: str = ""
) -> ToolCall:
    """`written`: JSON, or an object. `taken`: ids of other calls; one of these, or "", is replaced."""
    call_id = free_id(call_id, taken)
    arguments = _read(written)
    if arguments is None or not name:
        return ToolCall(call_id, name, {}, unreadable=True, keepsake=keepsake)
    return ToolCall(call_id, name, arguments, keepsake=keepsake)


def free_id(call_id: str, taken: Container[str]) -> str:
    """An id that names one call of the conversation and no other."""
    if call_id and call_id not in taken:
        return call_id
    return next(made for number in count(1) if (made := f"call_{number}") not in taken)


def _read(written: object) -> dict[str, object] | None:
    if isinstance(written, str):
        if not written.strip():
            return {}  # a tool without parameters
        if len(written) > MAX_ARGUMENTS:
            return None
        try:
            written = json.loads(written, parse_constant=_no_number)
            if isinstance(written, str):  # some servers write it twice over
                written = json.loads(written, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return None
    return _clean(written) if isinstance(written, dict) else None


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _clean(value: dict[str, object]) -> dict[str, object] | None:
    """None: it cannot be written as JSON again."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        cleaned: dict[str, object] = json.loads(spoken(json.dumps(value, ensure_ascii=False)))
        return cleaned
    except (ValueError, TypeError, RecursionError):
        return None
    return value
