"""Draws the state machines into docs/ from the `TRANSITIONS` tables they run on, and lists their `DECISIONS`.

`python scripts/draw_states.py` writes the drawings, `--check` only says whether they are up to date.
They stand between two marks in their page; the words around them are people's.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- drawn by scripts/draw_states.py from the code: change it there -->"
END = "<!-- end of the drawing -->"
PAGES = {
    "docs/sip.md": ("aywa.proto.sip",),
    "docs/transfers.md": ("aywa.transfer",),
    "docs/turns.md": ("aywa.turn", "aywa.call"),
    "docs/answering.md": ("aywa.answering",),
}
_ALARMS = ("Timer", "Wakeup")  # enums that say why a machine wakes


@dataclass(frozen=True)
class Edge:
    """One transition: from a state, on an event, to a state."""

    source: str
    event: str
    target: str


@dataclass(frozen=True)
class Drawing:
    """One machine: its module, that module's first line, its states with their meanings, its edges."""

    module: str
    title: str
    states: tuple[tuple[str, str], ...]
    edges: tuple[Edge, ...]


def drawing_of(module: ModuleType) -> Drawing:
    """The drawing of the machine whose table is `module.TRANSITIONS`."""
    rows = module.TRANSITIONS
    states: type[Enum] = type(next(iter(rows))[0])
    order = {state: place for place, state in enumerate(states)}
    # A frozenset has no order of its own, and the page must not change from run to run.
    edges = sorted(rows, key=lambda row: (order[row[0]], order[row[2]], _name(row[1])))
    title = (module.__doc__ or "").strip().splitlines()[0]
    return Drawing(
        module.__name__,
        title,
        tuple((state.name, str(state.value)) for state in states),
        tuple(Edge(source.name, _name(event), target.name) for source, event, target in edges),
    )


def _name(event: object) -> str:
    return event.name.lower().replace("_", " ") if isinstance(event, Enum) else str(event)


def text_of(drawing: Drawing) -> str:
    """The drawing as Markdown: a Mermaid diagram and the states' meanings."""
    left = {edge.source for edge in drawing.edges if edge.source != edge.target}
    entered = {edge.target for edge in drawing.edges if edge.source != edge.target}
    names = [name for name, _ in drawing.states]
    lines = [
        f"### {drawing.title.rstrip('.')}",
        "",
        f"`{drawing.module}`",
        "",
        "```mermaid",
        "stateDiagram-v2",
    ]
    # A machine starts in its first state; one that plays two parts also in another that nothing leads to.
    lines.extend(f"    [*] --> {name}" for name in names if name == names[0] or name not in entered)
    lines.extend(_arrows(drawing.edges))
    lines.extend(f"    {name} --> [*]" for name in names if name in entered - left)
    lines += ["```", "", "| state | meaning |", "|---|---|"]
    lines.extend(f"| {name} | {meaning} |" for name, meaning in drawing.states)
    return "\n".join(lines) + "\n"


def _arrows(edges: Iterable[Edge]) -> Iterator[str]:
    labels: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        labels.setdefault((edge.source, edge.target), []).append(edge.event)
    for (source, target), events in labels.items():
        # Mermaid takes a second colon or a semicolon for its own grammar.
        label = "<br/>".join(events).replace(":", " ").replace(";", ",")
        yield f"    {source} --> {target}: {label}"


def alarms_of(alarms: type[Enum]) -> str:
    """A table of the reasons for which machines wake."""
    lines = [f"### `{alarms.__module__}.{alarms.__name__}`", "", "| | when it fires |", "|---|---|"]
    lines.extend(f"| {member.name} | {member.value} |" for member in alarms)
    return "\n".join(lines) + "\n"


def decisions_of(module: ModuleType) -> str:
    """A table of the decisions that are written down, if the module lists them."""
    rows = getattr(module, "DECISIONS", ())
    if not rows:
        return ""
    lines = ["### Every kind of decision", "", f"`{module.__name__}`", ""]
    lines += ["| kind | written down when | with |", "|---|---|---|"]
    for row in rows:
        data = ", ".join(f"`{name}`" for name in row.data.split())
        lines.append(f"| `{row.kind}` | {row.when} | {data} |")
    return "\n".join(lines) + "\n"


def modules_of(packages: Sequence[str]) -> Iterator[ModuleType]:
    """Every module of these packages, in the order of their names."""
    for name in packages:
        package = importlib.import_module(name)
        yield package
        for found in sorted(
            pkgutil.walk_packages(package.__path__, f"{name}."), key=lambda found: found.name
        ):
            yield importlib.import_module(found.name)


def drawn(packages: Sequence[str]) -> str:
    """All drawings of these packages, each table once, in the module that defines it."""
    machines: dict[int, Drawing] = {}
    alarms: dict[type[Enum], str] = {}
    tables: list[str] = []
    for module in modules_of(packages):
        rows = getattr(module, "TRANSITIONS", None)
        if rows and (id(rows) not in machines or _defines_states(module, rows)):
            machines[id(rows)] = drawing_of(module)
        for name in _ALARMS:
            found = getattr(module, name, None)
            if isinstance(found, type) and issubclass(found, Enum) and found.__module__ == module.__name__:
                alarms[found] = alarms_of(found)
        if decisions := decisions_of(module):
            tables.append(decisions)
    parts = [*(text_of(drawing) for drawing in machines.values()), *alarms.values(), *tables]
    return "\n".join(parts)


def _defines_states(module: ModuleType, rows: Iterable[tuple[Enum, object, Enum]]) -> bool:
    return type(next(iter(rows))[0]).__module__ == module.__name__


def updated(page: str, drawings: str) -> str:
    """The page with what stands between its marks replaced. Raises ValueError when a mark is missing."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has lost one of its marks: {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{drawings}\n{END}{tail}"


def stale_pages(*, write: bool) -> list[str]:
    """The pages whose drawings differ from the code; they are written when asked."""
    stale = []
    for name, packages in PAGES.items():
        path = ROOT / name
        page = path.read_text(encoding="utf-8")
        fresh = updated(page, drawn(packages))
        if fresh != page:
            stale.append(name)
            if write:
                path.write_text(fresh, encoding="utf-8")
    return stale


def main() -> int:
    """Draw, or check; 1 when `--check` finds a stale page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = stale_pages(write=not check)
    for name in stale:
        sys.stdout.write(f"{name} {'is stale: run make docs' if check else 'redrawn'}\n")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
