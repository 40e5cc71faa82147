"""Budgets: how long a file or a function may be, and how much it may be given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.sources import Source

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
MAX_POSITIONAL = 7

# `def`, `cdef` and `cpdef` functions of Cython, which Python's parser does not read.
_CYTHON_FUNCTION = re.compile(r"^(?P<indent> *)(?:async )?(?:c?p?def)\b[^=:]*?\b(?P<name>\w+)\s*\(")
_CYTHON_BLOCK = re.compile(r"\b(class|struct|extern|enum|union)\b")


def long_file(source: Source) -> Iterator[str]:
    """The wall of a file's length."""
    if len(source.lines) > MAX_FILE_LINES:
        yield source.at(
            MAX_FILE_LINES, f"{len(source.lines)} lines, the wall is {MAX_FILE_LINES}: split by noun"
        )


def big_functions(source: Source) -> Iterator[str]:
    """Functions that are too long or take too many positional parameters."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield source.at(node.lineno, f"{node.name} has {lines} lines, the wall is {MAX_FUNCTION_LINES}")
        positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        taken = len([name for name in positional if name not in ("self", "cls")])
        if taken > MAX_POSITIONAL:
            yield source.at(
                node.lineno, f"{node.name} takes {taken} positional parameters, at most {MAX_POSITIONAL}"
            )


def big_cython_functions(source: Source) -> Iterator[str]:
    """The length of the functions of a .pyx, measured by indentation."""
    for start, line in enumerate(source.lines):
        match = _CYTHON_FUNCTION.match(line)
        if match is None or _CYTHON_BLOCK.search(line.partition("(")[0]):
            continue
        length = _cython_length(source.lines, start, len(match["indent"]))
        if length > MAX_FUNCTION_LINES:
            yield source.at(
                start + 1, f"{match['name']} has {length} lines, the wall is {MAX_FUNCTION_LINES}"
            )


def _cython_length(lines: list[str], start: int, indent: int) -> int:
    last = start
    open_brackets = 0
    for number in range(start, len(lines)):
        line = lines[number]
        if not line.strip():
            continue
        inside = number == start or open_brackets > 0 or len(line) - len(line.lstrip()) > indent
        if not inside:
            break
        open_brackets += sum(map(line.count, "([")) - sum(map(line.count, ")]"))
        last = number
    return last - start + 1
