"""A log that a flood cannot fill: a few lines of each kind a minute, and then how many there were."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import structlog

LINES = 20  # of one kind, in a window
WINDOW_S = 60.0


class Level(Enum):
    """How loudly a line is said."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(slots=True)
class _Window:
    """Lines said since `since`, and those that were not."""

    since: float
    said: int = 0
    kept: int = 0
    peers: set[str] = field(default_factory=set)


class SparingLog:
    """Says each event once a peer and at most `LINES` times in `WINDOW_S`.

    The first line after that says how many were left out.
    """

    def __init__(self, log: structlog.typing.FilteringBoundLogger) -> None:
        self._log = log
        self._windows: dict[str, _Window] = {}  # by event: the code's own words, so there are few

    def say(self, event: str, now: float, level: Level = Level.WARNING, **fields: object) -> None:
        """Log `event` unless it was said too often, or of this `peer` (one of `fields`); `now` in seconds."""
        window = self._windows.get(event)
        if window is None or now >= window.since + WINDOW_S:
            left_out = 0 if window is None else window.kept
            window = self._windows[event] = _Window(now)
            if left_out:
                fields["left_out_before"] = left_out
        peer = str(fields.get("peer", window.said))
        if window.said >= LINES or peer in window.peers:
            window.kept += 1
            return
        window.peers.add(peer)
        window.said += 1
        if window.said == LINES:
            fields["more_left_out_for_s"] = round(window.since + WINDOW_S - now, 1)
        getattr(self._log, level.value)(event, **fields)
