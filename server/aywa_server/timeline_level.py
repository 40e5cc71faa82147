"""How serious an entry of a timeline is."""

from __future__ import annotations

from typing import Literal, TypeAlias

from aywa.ports.store import TimelineEntry

Level: TypeAlias = Literal["info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("info", "warning", "error")
_WARNINGS = frozenset(
    {
        "timeout",
        "overdue",
        "nothing",
        "limit",
        "reprompt",
        "cannot_speak",
        "say_refused",
        "record_refused",
        "model_silent",
    }
)
_ERRORS = frozenset({"failed", "crashed", "lost"})


def level_of(entry: TimelineEntry) -> Level:
    """By the last word of its kind, by the reason a call ended with, or as the log said."""
    if entry.kind == "call.ended":
        return "error" if "error" in str(entry.data.get("code", "")) else "info"
    if entry.kind == "log.line":
        level = str(entry.data.get("level", ""))
        return "error" if level in ("error", "critical") else "warning" if level == "warning" else "info"
    last = entry.kind.rpartition(".")[2]
    if last in _ERRORS or last.endswith("_failed"):
        return "error"
    return "warning" if last in _WARNINGS else "info"
