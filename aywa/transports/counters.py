"""What became of the connections of streams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class StreamCounters:
    """`open` goes up and down; each other one only grows."""

    open: int = 0
    accepted: int = 0
    strangers: int = 0  # from no trunk, or from one whose callers must show credentials
    crowded: int = 0  # over the limit of calls, or of connections that have said nothing
    refused: int = 0  # while no more calls are taken
    credentials: int = 0  # without a password, or with a wrong one
    malformed: int = 0  # spoke something else, or too slowly
    overfull: int = 0  # times that a far side took no more audio
    dropped_ms: float = 0.0  # of speech that was left out
