"""Whether a regular expression of somebody else's may be run: its time must not explode with the text."""

from __future__ import annotations

import re
from re import _constants, _parser  # type: ignore[attr-defined]  # how to see inside a pattern
from typing import Any

MAX_OPEN_REPEATS = 4  # each may multiply the time by the length of a phrase
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_FEW = 10  # times; a repeat of so many is no danger


def bounded(pattern: str) -> bool:
    """False for a repeat inside a repeat, a choice inside a repeat, references back, and many open repeats.

    Some harmless expressions are among what is refused. False too for what is no expression.
    """
    try:
        tree = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    opens = [0]
    return _fine(tree, False, opens) and opens[0] <= MAX_OPEN_REPEATS


def _fine(tree: Any, repeated: bool, opens: list[int]) -> bool:
    for operation, arguments in tree:
        if operation is _constants.GROUPREF or operation is _constants.GROUPREF_EXISTS:
            return False
        within = repeated
        if operation in _REPEATS and arguments[1] > _FEW:
            if repeated:
                return False
            opens[0] += 1
            within = True
        if operation is _constants.BRANCH and repeated:
            return False
        if not all(_fine(inner, within, opens) for inner in _trees(arguments)):
            return False
    return True


def _trees(arguments: Any) -> list[Any]:
    if isinstance(arguments, _parser.SubPattern):
        return [arguments]
    if isinstance(arguments, tuple | list):
        return [inner for part in arguments for inner in _trees(part)]
    return []
