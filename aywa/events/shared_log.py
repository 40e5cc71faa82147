"""What the nodes of one runtime share: a stream that all append to and all read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from aywa.events.event import Batch, CallEvent
from aywa.events.ids import EventId


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a node appends at one time. `number` grows by one: what was appended twice is known by it."""

    node: str
    number: int
    events: tuple[CallEvent, ...]
    lost: int = 0  # events that were given up before these: the stream was away for too long


@dataclass(frozen=True, slots=True)
class Entry:
    """A parcel in the stream. Its events are read when they are asked for."""

    node: str
    number: int
    batch: Batch
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Extent:
    """`newest`: the place of the last event. `oldest`: before the first one kept; None while it has all."""

    newest: EventId
    oldest: EventId | None = None


class SharedLog(Protocol):
    """Every method raises `StoreError` when the stream does not answer within a bound."""

    async def append(self, parcel: Parcel) -> None:
        """Put it at the end."""

    async def read(self, after: tuple[int, int], *, wait_s: float = 0.0, limit: int = 100) -> Sequence[Entry]:
        """The entries after this one, in order; waits for the first so long."""

    async def holds(self, entry: tuple[int, int]) -> bool:
        """Whether this entry is still there."""

    async def extent(self) -> Extent:
        """From where to where it reaches."""


def orgs_of(events: Sequence[CallEvent]) -> frozenset[UUID]:
    """Whose they are."""
    return frozenset(event.org_id for event in events)
