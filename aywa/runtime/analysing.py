"""Opens the worker that analyses ended calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import trio

from aywa.analysis.analyst import Analyst
from aywa.analysis.worker import AnalysisWorker
from aywa.call.news import report_of
from aywa.clock import wall_now
from aywa.model.price_table import PriceTable
from aywa.ports.analysis import OutputSpec
from aywa.ports.llm import ChatModel
from aywa.ports.resources import ResourceKind, ResourceRow, ResourceStore
from aywa.runtime.memory import Memory
from aywa.store.analyses import PostgresAnalyses


class StoredOutputs:
    """Implements `ports.analysis.OutputSource` on the resources of the API."""

    def __init__(self, store: ResourceStore) -> None:
        self._store = store

    async def outputs(self, org_id: UUID, ids: Sequence[str]) -> list[OutputSpec]:
        """Those that are there, in the order of `ids`."""
        found = []
        for each in ids:
            row = await self._store.get(org_id, ResourceKind.STRUCTURED_OUTPUT, UUID(each))
            if row is not None:
                found.append(output_spec(row))
        return found


def output_spec(row: ResourceRow) -> OutputSpec:
    """A stored structured output as the analysis takes it."""
    body, schema = row.body, row.body.get("schema")
    return OutputSpec(
        str(row.id),
        str(body.get("name", "")),
        schema if isinstance(schema, dict) else {},
        str(body.get("description", "") or ""),
        str(body.get("regex", "") or "") if body.get("type") == "regex" else "",
    )


@asynccontextmanager
async def open_analysing(
    memory: Memory,
    model: ChatModel,
    prices: PriceTable,
    *,
    worker_id: str,
    prompt: str,
) -> AsyncIterator[Analyst]:
    """Whoever analyses, while calls that have ended are taken up."""
    database = memory.database
    queue = PostgresAnalyses(database.postgres, partial(report_of, memory.outbox.plan))
    analyst = Analyst(model, prices)
    worker = AnalysisWorker(
        queue,
        database.calls,
        StoredOutputs(database.resources),
        analyst,
        worker_id=worker_id,
        clock=wall_now,
        told=memory.outbox.worker.wake,
        prompt=prompt,
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.serve, name="analysis")
        yield analyst
        nursery.cancel_scope.cancel()
