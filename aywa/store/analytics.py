"""Sums over an organisation's calls, out of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row
from aywa.model.observing import CallSums
from aywa.store.queries import load_queries


class PostgresAnalytics:
    """Implements `ports.analytics.Analytics`. Every method raises `StoreError`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._sql = load_queries("analytics")

    async def sums(
        self, org_id: UUID, start: datetime, end: datetime, group_by: str, limit: int
    ) -> Sequence[CallSums]:
        """See `Analytics`."""
        scope = self._postgres.tenant(org_id)
        rows = await scope.fetch(self._sql["summary"], org_id, start, end, group_by, limit)
        return [_sums(row) for row in rows]


def _sums(row: Row) -> CallSums:
    return CallSums(
        key=row["key"],
        calls=row["calls"],
        answered=row["answered"],
        minutes=round(row["minutes"], 3),
        cost=round(row["cost"], 6),
        answers=row["answers"],
        latency_p50_ms=_rounded(row["p50"]),
        latency_p95_ms=_rounded(row["p95"]),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
