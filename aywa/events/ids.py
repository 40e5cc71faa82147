"""Ids of events: they only grow on a node, and say where a listener that was away goes on.

`1764000000000-0.3` is the third event of an entry of the stream that all nodes share; milliseconds since
1970 and a count, as Redis numbers entries. `1764000000000-0.7.k3f9` was numbered by the node `k3f9` alone:
there is no Redis, or it was away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aywa.errors import ParseError

TAG_LENGTH = 8  # characters of a node's tag: they tell one start of one process from all others
_SHAPE = re.compile(r"([0-9]{1,15})-([0-9]{1,19})\.([0-9]{1,9})(?:\.([0-9a-z]{1,16}))?")


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """A place in the stream. `index` counts from 1; 0 is before the first event of an entry."""

    ms: int
    seq: int
    index: int = 0
    node: str = field(default="", compare=False)  # who numbered it alone; empty: it is the shared stream's

    @property
    def entry(self) -> tuple[int, int]:
        """The entry that it belongs to, or after which its node went on alone."""
        return self.ms, self.seq

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}.{self.index}" + (f".{self.node}" if self.node else "")


def parse_event_id(text: str) -> EventId:
    """The id that a listener names. Raises `ParseError`."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ParseError("must be the id of an event")
    return EventId(int(match[1]), int(match[2]), int(match[3]), match[4] or "")
