"""The drawings in docs/ show the machines as they are."""

from __future__ import annotations

from enum import Enum
from types import ModuleType

import pytest

from scripts import draw_states
from tests.house.sources import ROOT


class _Light(Enum):
    RED = "stop"
    GREEN = "go"
    BROKEN = "dark"


def _machine(rows: object) -> ModuleType:
    module = ModuleType("lights")
    module.__doc__ = "The traffic light.\n\nMore."
    module.TRANSITIONS = rows  # type: ignore[attr-defined]
    return module


def test_the_pages_are_up_to_date() -> None:
    assert draw_states.stale_pages(write=False) == [], "run make docs"


def test_every_machine_is_drawn() -> None:
    """A table that no page shows would be a machine nobody sees."""
    drawn = "".join((ROOT / page).read_text() for page in draw_states.PAGES)
    tables = [path for path in (ROOT / "aywa").rglob("*.py") if "\nTRANSITIONS:" in path.read_text()]
    for path in tables:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        assert f"`{module}`" in drawn


def test_a_drawing() -> None:
    rows = {(_Light.RED, "timer", _Light.GREEN), (_Light.GREEN, "timer", _Light.RED)}
    broken = {(_Light.GREEN, "a: b;c", _Light.BROKEN), (_Light.GREEN, "storm", _Light.BROKEN)}
    text = draw_states.text_of(draw_states.drawing_of(_machine(frozenset(rows | broken))))
    assert text.splitlines()[:11] == [
        "### The traffic light",
        "",
        "`lights`",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> RED",
        "    RED --> GREEN: timer",
        "    GREEN --> RED: timer",
        "    GREEN --> BROKEN: a  b,c<br/>storm",
        "    BROKEN --> [*]",
    ]
    assert "| BROKEN | dark |" in text


def test_a_machine_with_two_beginnings() -> None:
    rows = ((_Light.RED, "timer", _Light.BROKEN), (_Light.GREEN, "again", _Light.GREEN))
    rows = (*rows, (_Light.GREEN, "timer", _Light.BROKEN), (_Light.BROKEN, "again", _Light.BROKEN))
    lines = draw_states.text_of(draw_states.drawing_of(_machine(rows))).splitlines()
    assert [line.strip() for line in lines if "[*]" in line] == [
        "[*] --> RED",
        "[*] --> GREEN",
        "BROKEN --> [*]",
    ]


def test_a_changed_table_makes_the_page_stale() -> None:
    page = f"words\n\n{draw_states.BEGIN}\n{draw_states.END}\nmore words\n"
    before = draw_states.drawing_of(_machine(((_Light.RED, "timer", _Light.GREEN),)))
    after = draw_states.drawing_of(_machine(((_Light.RED, "timer", _Light.BROKEN),)))
    fresh = draw_states.updated(page, draw_states.text_of(before))
    assert draw_states.updated(fresh, draw_states.text_of(before)) == fresh
    assert draw_states.updated(fresh, draw_states.text_of(after)) != fresh
    assert fresh.startswith("words\n")
    assert fresh.endswith("more words\n")


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lost one of its marks"):
        draw_states.updated("words", "drawing")
