"""Analyses ended calls one after the other, several at a time, out of the queue in the database.

A call's end-of-call report is committed with what came of its analysis. A worker that dies loses nothing: the
call is taken up by another one, or by itself once it is back. No call waits for ever: each part has its own
time, a call as a whole `CALL_BOUND_S`, and after `MAX_TRIES` beginnings the report goes without an analysis.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import trio

from aywa.analysis.analyst import Analyst
from aywa.analysis.prompts import CallMatter
from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.model.analysis_plan import AnalysisPlan
from aywa.ports.analysis import AnalysisQueue, AnalysisResult, ClaimedAnalysis, OutputSource
from aywa.ports.store import CallStore

POLL_S = 0.5
RELEASE_EVERY_S = 5.0
STORE_BACKOFF_S = 1.0
CALL_BOUND_S = 90.0  # more than a part may take, twice
LEASE_S = 2 * CALL_BOUND_S
MAX_TRIES = 3
AT_A_TIME = 8
_log = get_logger("analysis")


class AnalysisWorker:
    """One a process; `serve` runs until it is cancelled."""

    def __init__(
        self,
        queue: AnalysisQueue,
        calls: CallStore,
        outputs: OutputSource,
        analyst: Analyst,
        *,
        worker_id: str,
        clock: Callable[[], datetime],
        told: Callable[[], None] = lambda: None,
        prompt: str = "",
    ) -> None:
        """`told`: reports have been committed. `prompt`: what assistants are told to do."""
        self._queue = queue
        self._calls = calls
        self._outputs = outputs
        self._analyst = analyst
        self._worker_id = worker_id
        self._clock = clock
        self._told = told
        self._prompt = prompt
        self._under_way = 0

    async def serve(self) -> None:
        """Analyse what comes."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._release_forever)
            while True:
                for claimed in await self._claim():
                    self._under_way += 1
                    nursery.start_soon(self._have, claimed)
                await trio.sleep(POLL_S)

    async def _claim(self) -> list[ClaimedAnalysis]:
        room = AT_A_TIME - self._under_way
        if room <= 0:
            return []
        now = self._clock()
        try:
            return await self._queue.claim(self._worker_id, now, now + timedelta(seconds=LEASE_S), room)
        except StoreError as error:
            _log.warning("analysis.store_failed", detail=error.detail)
            await trio.sleep(STORE_BACKOFF_S)
            return []

    async def _have(self, claimed: ClaimedAnalysis) -> None:
        """One call; whatever becomes of the model, its report goes."""
        try:
            await self.finish(claimed)
        except StoreError as error:  # the lease runs out, and it is taken up again
            _log.warning("analysis.store_failed", detail=error.detail)
        finally:
            self._under_way -= 1

    async def finish(self, claimed: ClaimedAnalysis) -> None:
        """Analyse and settle one call. Raises `StoreError`."""
        result = AnalysisResult()
        if claimed.tries <= MAX_TRIES:
            with trio.move_on_after(CALL_BOUND_S):
                result = await self._analyse(claimed)
        else:
            _log.error("analysis.given_up", tries=claimed.tries)
        await self._queue.settle(claimed.call_id, result, self._clock())
        self._told()

    async def _analyse(self, claimed: ClaimedAnalysis) -> AnalysisResult:
        reader, order = self._calls.of(claimed.org_id), claimed.order
        row = await reader.get_call(claimed.call_id)
        if row is None:  # erased meanwhile
            return AnalysisResult()
        lines = await reader.transcript(claimed.call_id)
        outputs = await self._outputs.outputs(claimed.org_id, order.output_ids)
        plan = None
        if order.plan is not None:
            plan = AnalysisPlan.model_validate_json(json.dumps(dict(order.plan)))
        return await self._analyst.analyse(CallMatter(row, lines, self._prompt), plan, outputs)

    async def _release_forever(self) -> None:
        while True:
            try:
                if taken := await self._queue.release(self._worker_id, self._clock()):
                    _log.warning("analysis.taken_over", calls=taken)
            except StoreError as error:
                _log.warning("analysis.store_failed", detail=error.detail)
            await trio.sleep(RELEASE_EVERY_S)
