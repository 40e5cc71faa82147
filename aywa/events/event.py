"""One event: a timeline entry of a call, with what places it among those of all other calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from uuid import UUID

from aywa.errors import ParseError
from aywa.events.ids import EventId


@dataclass(frozen=True, slots=True)
class CallEvent:
    """What happened. `seq`, `at_ms` and `kind` as in `TimelineEntry`; `wall_ms`: since 1970.

    `call_id` and `seq` name it for good: who reads a stream again after a pause may get it twice.
    """

    org_id: UUID
    call_id: str
    seq: int
    at_ms: int
    kind: str
    data: Mapping[str, object]
    wall_ms: int
    assistant_id: str | None = None


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event in its place."""

    id: EventId
    event: CallEvent


@dataclass(frozen=True, slots=True)
class Gap:
    """Events are missing here, or may be. `id`: from where it goes on; `reason`: a word or two."""

    id: EventId
    reason: str
    lost: int | None = None  # how many, where that is known


Seal: TypeAlias = Callable[[bytes], bytes]


def pack(events: Sequence[CallEvent]) -> bytes:
    """For another node, as JSON."""
    rows = [
        [
            event.org_id.hex,
            event.call_id,
            event.seq,
            event.at_ms,
            event.kind,
            event.data,
            event.wall_ms,
            event.assistant_id,
        ]
        for event in events
    ]
    return json.dumps(rows, ensure_ascii=False, default=str, separators=(",", ":")).encode("utf-8", "replace")


def parse_events(packed: bytes) -> tuple[CallEvent, ...]:
    """What another node has packed. Raises `ParseError`."""
    try:
        return tuple(_event(row) for row in json.loads(packed))
    except (ValueError, TypeError, RecursionError) as error:
        raise ParseError("a node has packed events otherwise than this one does") from error


def _event(row: Sequence[Any]) -> CallEvent:
    org_id, call_id, seq, at_ms, kind, data, wall_ms, assistant_id, *_ = row
    if not isinstance(data, dict) or not isinstance(kind, str) or not isinstance(call_id, str):
        raise TypeError
    return CallEvent(
        UUID(org_id), call_id, int(seq), int(at_ms), kind, data, int(wall_ms), assistant_id or None
    )


class Batch:
    """Events that have one entry of the stream, numbered from `first`; another node's are read when asked."""

    def __init__(
        self,
        first: EventId,
        count: int,
        orgs: frozenset[UUID],
        read: Callable[[], tuple[CallEvent, ...]],
        again: bool = False,
    ) -> None:
        """`read` raises `ParseError` or `StoreError` where the events cannot be read.

        `again`: they were served on this node already, under numbers of its own.
        """
        self.first = first
        self.count = count
        self.orgs = orgs
        self.again = again
        self._read = read

    @classmethod
    def of(cls, first: EventId, events: Sequence[CallEvent]) -> Batch:
        """Events that are here."""
        own = tuple(events)
        return cls(first, len(own), frozenset(event.org_id for event in own), lambda: own)

    def echoed(self) -> Batch:
        """The same, served before."""
        return Batch(self.first, self.count, self.orgs, self._read, again=True)

    @property
    def last(self) -> EventId:
        """The id of its last event."""
        first = self.first
        return EventId(first.ms, first.seq, first.index + max(0, self.count - 1), first.node)

    @cached_property
    def events(self) -> tuple[StreamEvent, ...]:
        """Each in its place. Raises as `read` does."""
        first = self.first
        return tuple(
            StreamEvent(EventId(first.ms, first.seq, first.index + offset, first.node), event)
            for offset, event in enumerate(self._read())
        )
