"""The why trace: no decision is written down that docs/turns.md does not explain."""

from __future__ import annotations

import ast

from aywa.turn.decisions import DECISIONS
from tests.house.sources import ROOT

_WRITERS = ("decide", "_decide", "_failure", "Decided")
_WRAPPERS = {"floor.py", "interruption.py", "answer_side.py"}  # pass on the kind that they are given


def kinds_written() -> tuple[set[str], set[str]]:
    """The kinds that turn taking names where it decides, and the modules that decide by a variable."""
    kinds, by_name = set(), set()
    for path in sorted((ROOT / "aywa" / "turn").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in _WRITERS:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                kinds.add(first.value)
            else:
                by_name.add(path.name)
    return kinds, by_name


def test_every_kind_of_decision_is_in_the_table_and_every_line_of_it_is_used() -> None:
    kinds, by_name = kinds_written()
    assert kinds == {decision.kind for decision in DECISIONS}
    assert by_name <= _WRAPPERS


def test_the_table_says_each_kind_once_with_its_data() -> None:
    kinds = [decision.kind for decision in DECISIONS]
    assert len(kinds) == len(set(kinds))
    for decision in DECISIONS:
        assert decision.when
        assert len(decision.names) == len(decision.data.split())


def test_the_page_shows_the_table() -> None:
    page = (ROOT / "docs" / "turns.md").read_text(encoding="utf-8")
    for decision in DECISIONS:
        data = ", ".join(f"`{name}`" for name in decision.data.split())
        assert f"| `{decision.kind}` | {decision.when} | {data} |" in page
