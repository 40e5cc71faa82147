"""Requests that may be sent again: what was answered to them, kept for a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

KEPT = timedelta(hours=24)
# A request that has not ended after so long was lost with its process: whoever repeats it may try again.
LEASE = timedelta(seconds=60)


class Standing(Enum):
    """What is known of a request with this key."""

    NEW = "new"  # it is ours now
    RUNNING = "running"
    ANSWERED = "answered"
    OTHER = "other"  # the key was used for something else


@dataclass(frozen=True, slots=True)
class Known:
    """`answer`: as it was kept, once `standing` is ANSWERED."""

    standing: Standing
    answer: Mapping[str, object] | None = None


class IdempotencyStore(Protocol):
    """Every method raises `StoreError`."""

    async def begin(self, org_id: UUID, key: str, prints: Sequence[str], now: datetime) -> Known:
        """Take the key if nobody has it. `prints`: the request's fingerprints, the first is kept."""

    async def finish(self, org_id: UUID, key: str, answer: Mapping[str, object]) -> None:
        """Keep what was answered."""

    async def abandon(self, org_id: UUID, key: str) -> None:
        """Nothing came of it: the key is free again."""
