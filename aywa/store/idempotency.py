"""Answers to requests that may be sent again, in PostgreSQL: they hold over a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres
from aywa.ports.idempotency import KEPT, LEASE, Known, Standing
from aywa.store.queries import load_queries


class PostgresIdempotency:
    """Implements `ports.idempotency.IdempotencyStore`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._sql = load_queries("idempotency")

    async def begin(self, org_id: UUID, key: str, prints: Sequence[str], now: datetime) -> Known:
        """Take the key if nobody has it; of two at the same moment one gets it."""
        tenant = self._postgres.tenant(org_id)
        taken = await tenant.fetch(
            self._sql["begin_request"], org_id, key, prints[0], now, now - KEPT, now - LEASE, list(prints)
        )
        if taken:
            return Known(Standing.NEW)
        rows = await tenant.fetch(self._sql["get_request"], org_id, key)
        if not rows:  # abandoned in this very moment
            return Known(Standing.RUNNING)
        if rows[0]["fingerprint"] not in prints:
            return Known(Standing.OTHER)
        answer = rows[0]["answer"]
        return Known(Standing.RUNNING) if answer is None else Known(Standing.ANSWERED, answer)

    async def finish(self, org_id: UUID, key: str, answer: Mapping[str, object]) -> None:
        """Keep what was answered."""
        await self._postgres.tenant(org_id).execute(self._sql["finish_request"], org_id, key, dict(answer))

    async def abandon(self, org_id: UUID, key: str) -> None:
        """Nothing came of it: the key is free again."""
        await self._postgres.tenant(org_id).execute(self._sql["abandon_request"], org_id, key)

    async def forget(self, now: datetime) -> None:
        """Everybody's that are older than a day."""
        await self._postgres.system().execute(self._sql["forget_requests"], now - KEPT)
