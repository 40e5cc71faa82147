"""bench/README.md explains every measurement and every column of every table that one prints."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from bench.__main__ import MEASUREMENTS

_FOLDER = Path(__file__).parents[2] / "bench"
_README = (_FOLDER / "README.md").read_text(encoding="utf-8")


def _columns() -> set[str]:
    """The cells of all string literals that head a table."""
    found = set()
    for path in _FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if re.match(r"\|[^-]", text) and text.count("|") > 3:
                found |= {cell.strip() for cell in text.splitlines()[0].split("|")}
    return found - {""}


def test_every_measurement_has_its_row() -> None:
    for measurement in MEASUREMENTS:
        assert f"| `{measurement.name}` |" in _README, measurement.name


def test_every_column_is_explained() -> None:
    columns = _columns()
    assert {"lost", "false", "engine %", "MiB", "more than apart", "stranger"} <= columns
    for column in columns:
        assert f"`{column}`" in _README, column
