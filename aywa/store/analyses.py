"""What is made of ended calls, in PostgreSQL: the queue, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from aywa.bridge.postgres import Postgres, Script, Session
from aywa.ports.analysis import AnalysisOrder, AnalysisResult, ClaimedAnalysis
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallRow, TranscriptLine
from aywa.store.call_reader import call_of, line_of
from aywa.store.clean import clean_json
from aywa.store.outbox import insert_jobs, last_seqs
from aywa.store.presence import PRESENCE_NAMESPACE
from aywa.store.queries import load_queries

# The end-of-call report of a call, from what was said and the last message's number of each source.
TellReport = Callable[[CallRow, Sequence[TranscriptLine], Mapping[str, int]], Sequence[WebhookJob]]


async def insert_orders(session: Session | Script, rows: Sequence[CallRow]) -> None:
    """Commit what is to be made of these calls with whatever else the transaction does."""
    asked = [(row, row.order) for row in rows if row.order is not None]
    if asked:
        await session.execute(
            load_queries("analyses")["order"],
            [UUID(row.id) for row, _ in asked],
            [row.org_id for row, _ in asked],
            [json.dumps(clean_json(order.to_json())) for _, order in asked],
            [row.created_at for row, _ in asked],
        )


async def orders_of(session: Session, calls: Sequence[UUID]) -> dict[str, AnalysisOrder]:
    """Of those that wait, by call."""
    rows = await session.fetch(load_queries("analyses")["waiting_for"], calls)
    return {str(row["call_id"]): AnalysisOrder.from_json(row["ask"]) for row in rows}


class PostgresAnalyses:
    """Implements `ports.analysis.AnalysisQueue`. Every method raises `StoreError`."""

    def __init__(self, postgres: Postgres, tell: TellReport | None = None) -> None:
        self._postgres = postgres
        self._system = postgres.system()
        self._sql = load_queries("analyses")
        self._tell = tell

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int
    ) -> list[ClaimedAnalysis]:
        """See `AnalysisQueue`."""
        rows = await self._system.fetch(self._sql["claim"], worker_id, now, until, limit)
        return [
            ClaimedAnalysis(
                str(row["call_id"]), row["org_id"], AnalysisOrder.from_json(row["ask"]), row["tries"]
            )
            for row in rows
        ]

    async def release(self, worker_id: str, now: datetime) -> int:
        """See `AnalysisQueue`."""
        tag = await self._system.execute(self._sql["release"], PRESENCE_NAMESPACE, worker_id, now)
        return int(tag.rpartition(" ")[2])

    async def settle(self, call_id: str, result: AnalysisResult, now: datetime) -> None:
        """See `AnalysisQueue`; a second time changes nothing and tells nobody."""
        key = UUID(call_id)
        async with self._system.transaction() as session:
            asked = await session.fetch(self._sql["settle"], key, clean_json(result.to_json()), now)
            if not asked or self._tell is None:
                return
            wanted = AnalysisOrder.from_json(asked[0]["ask"]).report
            rows = await session.fetch(self._sql["settled_call"], key)
            if not wanted or not rows:
                return
            lines = [line_of(line) for line in await session.fetch(self._sql["settled_lines"], key)]
            seqs = await last_seqs(session, key)
            await insert_jobs(session, self._tell(call_of(rows[0]), lines, seqs))

    async def add(self, org_id: UUID, call_id: str, result: AnalysisResult, now: datetime) -> None:
        """See `AnalysisQueue`."""
        key = UUID(call_id)
        async with self._postgres.tenant(org_id).transaction() as session:
            await session.fetch(self._sql["lock_call"], key, org_id)
            rows = await session.fetch(self._sql["result_of"], key, org_id)
            kept = rows[0]["result"] if rows else None
            merged = _merged(kept if isinstance(kept, Mapping) else {}, result.to_json())
            await session.execute(self._sql["keep_outputs"], key, org_id, clean_json(merged), now)


def _merged(kept: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    def part(of: Mapping[str, object], name: str) -> dict[str, object]:
        found = of.get(name)
        return dict(found) if isinstance(found, Mapping) else {}

    def items(of: Mapping[str, object]) -> list[object]:
        found = of.get("costs")
        return list(found) if isinstance(found, list) else []

    return {
        "analysis": part(kept, "analysis") | part(new, "analysis"),
        "structuredOutputs": part(kept, "structuredOutputs") | part(new, "structuredOutputs"),
        "costs": items(kept) + items(new),
    }
