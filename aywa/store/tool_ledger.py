"""The ledger of tools in PostgreSQL: it holds over interruption, retry, failover and a killed process."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres
from aywa.ports.tool_ledger import Intent, Known, Outcome
from aywa.store.queries import load_queries


class PostgresToolLedger:
    """Implements `ports.tool_ledger.ToolLedger`."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._sql = load_queries("tool_runs")

    async def begin(self, intent: Intent) -> Known | None:
        """Commit the intent; what is known where it, or the same in this turn, was there before."""
        tenant, call_id = self._postgres.tenant(intent.org_id), UUID(intent.call_id)
        taken = await tenant.fetch(
            self._sql["begin_tool"],
            intent.org_id,
            call_id,
            intent.key,
            intent.tool_call_id,
            intent.print,
            intent.user_turn,
            intent.name,
            intent.worker_id,
            intent.at,
        )
        if taken:
            return None
        rows = await tenant.fetch(
            self._sql["known_tool"], intent.org_id, call_id, intent.key, intent.user_turn, intent.print
        )
        if not rows:  # withdrawn in this very moment
            return Known(intent.key, None, None)
        row = rows[0]
        return Known(row["key"], _outcome(row["outcome"]), row["result"])

    async def finish(self, intent: Intent, outcome: Outcome, result: str, at: datetime) -> None:
        """Keep what came of it."""
        await self._postgres.tenant(intent.org_id).execute(
            self._sql["finish_tool"],
            intent.org_id,
            UUID(intent.call_id),
            intent.key,
            outcome.value,
            result,
            at,
        )

    async def withdraw(self, intent: Intent) -> None:
        """The request has not left."""
        tenant = self._postgres.tenant(intent.org_id)
        await tenant.execute(self._sql["withdraw_tool"], intent.org_id, UUID(intent.call_id), intent.key)


def _outcome(text: str | None) -> Outcome | None:
    return None if text is None else Outcome(text)
