"""What was dialled of a day, in PostgreSQL: a process that starts again takes the counts up."""

from __future__ import annotations

from collections.abc import Sequence

from aywa.bridge.postgres import Postgres
from aywa.dialling.usage import DayUsage
from aywa.store.queries import load_queries

KEPT_DAYS = 31  # to look at; only today's count


class PostgresDialUsage:
    """Counts by scope and UTC day. Every method raises `StoreError`."""

    def __init__(self, postgres: Postgres) -> None:
        self._system = postgres.system()  # a trunk's counts are of all organisations
        self._sql = load_queries("dial_usage")

    async def load(self, day: int) -> list[DayUsage]:
        """What was kept of a day; forgets what is older than `KEPT_DAYS`."""
        await self._system.execute(self._sql["forget_before"], day - KEPT_DAYS)
        rows = await self._system.fetch(self._sql["load_day"], day)
        return [DayUsage(row["scope"], row["day"], row["calls"], row["seconds"]) for row in rows]

    async def save(self, days: Sequence[DayUsage]) -> None:
        """Keep these counts. A count never falls: of two workers on one database the greater stays."""
        await self._system.executemany(
            self._sql["save_day"], [(each.scope, each.day, each.calls, each.seconds) for each in days]
        )
