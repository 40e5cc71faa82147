"""Sums over many calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from aywa.model.observing import CallSums


class Analytics(Protocol):
    """What an organisation's calls come to."""

    async def sums(
        self, org_id: UUID, start: datetime, end: datetime, group_by: str, limit: int
    ) -> Sequence[CallSums]:
        """Of calls created from `start` on and before `end`: by `day`, `assistant` or `endedReason`, or of
        all together for "" (then at most one). In the order of their keys. Raises `StoreError`.
        """
