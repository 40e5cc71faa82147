"""A call's log: its timeline without what people said, and the lines that the runtime wrote for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aywa.model.observing import CallLogs, LogLine
from aywa.ports.store import CallRow, TimelineEntry
from aywa.redaction import redact
from aywa_server.timeline_level import LEVELS, Level, level_of

MAX_FIELD = 200  # characters


def call_logs(row: CallRow, entries: Sequence[TimelineEntry], *, limit: int, least: Level) -> CallLogs:
    """The newest `limit` lines of this level and above."""
    rank = LEVELS.index(least)
    wanted = [entry for entry in entries if LEVELS.index(level_of(entry)) >= rank]
    lines = [_line(row, entry) for entry in wanted[-limit:]]
    return CallLogs(call_id=row.id, lines=lines, total=len(wanted))


def _line(row: CallRow, entry: TimelineEntry) -> LogLine:
    component, event, data = entry.kind.partition(".")[0], entry.kind, entry.data
    if entry.kind == "log.line":
        component, event = str(data.get("component")), str(data.get("event"))
        told = data.get("data")
        data = told if isinstance(told, Mapping) else {}
    return LogLine(
        seq=entry.seq,
        time=row.created_at + timedelta(milliseconds=entry.at_ms),
        level=level_of(entry),
        component=component,
        event=event,
        fields={name: _short(redact(value, name)) for name, value in data.items()},
    )


def _short(value: object) -> object:
    return value[:MAX_FIELD] if isinstance(value, str) else value
