"""Regular expressions that Debian 12's own Python (3.11.2) matches wrongly.

Until CPython 3.11.5 a possessive repeat around something that can itself backtrack did not always restore the
position: `(?:a++|<b*+>)++` took text that it must not. Around single characters and around other possessive
repeats it is right, and so is the same thing said as an atomic group, `(?>(?:a++|<b*+>)+)`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import warnings
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # how to see inside a pattern
from types import ModuleType
from typing import Any

_BACKTRACKING = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.BRANCH)


def misjudged(pattern: str, flags: int = 0) -> bool:
    """Whether the pattern has a possessive repeat around something that backtracks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        tree = _parser.parse(pattern, flags & ~re.DEBUG)
    return any(
        _backtracks(body) for operation, body in _nodes(tree) if operation is _constants.POSSESSIVE_REPEAT
    )


def _backtracks(body: Any) -> bool:
    return any(operation in _BACKTRACKING for operation, _ in _nodes(body))


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every operation in a parsed pattern, however deep, with its arguments."""
    if isinstance(tree, _parser.SubPattern):
        for operation, arguments in tree:
            yield operation, arguments
            yield from _nodes(arguments)
    elif isinstance(tree, tuple | list):
        for part in tree:
            yield from _nodes(part)


def patterns_of(package: ModuleType) -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every compiled pattern at the top of a package's modules, with where it stands."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value
