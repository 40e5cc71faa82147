"""Floors 0 to 2 see no clock, no network, no disk and no dice: what they need is handed to them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.sources import Source

PURE = (
    "aywa/errors.py",
    "aywa/settings",
    "aywa/ids.py",
    "aywa/log.py",
    "aywa/redaction.py",
    "aywa/clock.py",
    "aywa/model/",
    "aywa/dsp/",
    "aywa/proto/",
    "aywa/turn/",
    "aywa/transfer/",
    "aywa/answering/",
    "aywa/dialling/",
    "aywa/license/",
    "aywa/ports/",
)
FORBIDDEN_MODULES = frozenset(
    [
        "trio",
        "asyncio",
        "trio_asyncio",
        "anyio",
        "socket",
        "select",
        "selectors",
        "ssl",
        "time",
        "os",
        "io",
        "pathlib",
        "tempfile",
        "subprocess",
        "threading",
        "multiprocessing",
        "signal",
        "secrets",
        "random",
        "logging",
        "structlog",
        "sys",
        "httpx",
        "quart",
        "hypercorn",
        "asyncpg",
    ]
)
# The two files whose purpose is the one thing, and the name of a type that is handed in.
ALLOWED = {
    "aywa/clock.py": {"time"},
    "aywa/log.py": {"logging", "structlog", "sys", "threading"},
}
_TYPE_ONLY = {("random", "Random")}
_CALLS = {
    "datetime.now": "reads the clock",
    "datetime.utcnow": "reads the clock",
    "datetime.today": "reads the clock",
    "date.today": "reads the clock",
    "uuid4": "rolls dice",
    "uuid.uuid4": "rolls dice",
    "uuid1": "reads the clock",
    "uuid.uuid1": "reads the clock",
    "Random": "rolls dice of its own",
    "open": "opens a file",
    "input": "reads the terminal",
    "print": "writes to the terminal",
    "__import__": "hides an import",
    "importlib.import_module": "hides an import",
}


def impure(source: Source) -> Iterator[str]:
    """Imports and calls by which a pure module would reach outside."""
    allowed = ALLOWED.get(source.path, set())
    for node in ast.walk(source.tree):
        for name in _imported(node):
            if name in FORBIDDEN_MODULES and name not in allowed:
                yield source.at(node.lineno, f"imports {name}")
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in _CALLS and not (source.path == "aywa/clock.py" and called == "datetime.now"):
                yield source.at(node.lineno, f"{called}() {_CALLS[called]}")


def imported(source: Source) -> set[str]:
    """The top names of everything a file imports."""
    return {name for node in ast.walk(source.tree) for name in _imported(node)}


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        top = node.module.partition(".")[0]
        if not all((top, alias.name) in _TYPE_ONLY for alias in node.names):
            yield top
