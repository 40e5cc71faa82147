"""The queue of ended calls on a real PostgreSQL: nothing is analysed twice, no report is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import trio

from aywa.analysis.analyst import Analyst
from aywa.analysis.worker import AnalysisWorker
from aywa.bridge.postgres import Postgres
from aywa.call.news import news_of_the_lost, report_of
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.analysis import AnalysisOrder, AnalysisResult, OutputSpec
from aywa.ports.llm import ChatModel
from aywa.ports.outbox import JobFilter, WebhookJob
from aywa.ports.store import CallBatch, CallRow, CallStatus, TranscriptLine
from aywa.store.analyses import PostgresAnalyses
from aywa.store.calls import PostgresCallStore
from aywa.store.outbox import PostgresOutbox
from aywa.store.presence import hold_presence
from aywa_server.call_view import call_view
from tests.kit.analyses import ByPurpose
from tests.kit.call_store_contract import OTHER_ORGANIZATION, T0, call_row
from tests.kit.fake_providers import FakeModel
from tests.kit.news import AT, news_plan
from tests.kit.postgres import open_clean_postgres, postgres_url

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live
PLAN = replace(news_plan(), view=call_view("https://api.example"))
ORDER = AnalysisOrder({"minMessagesThreshold": 0}, report=True)


class NoOutputs:
    """There are none."""

    async def outputs(self, org_id: UUID, ids: object) -> list[OutputSpec]:
        await trio.lowlevel.checkpoint()
        return []


def analyses(postgres: Postgres) -> PostgresAnalyses:
    """A queue that tells of what comes out of it."""
    return PostgresAnalyses(postgres, partial(report_of, PLAN))


def worker(postgres: Postgres, model: ChatModel, worker_id: str = "worker-a") -> AnalysisWorker:
    queue, calls = analyses(postgres), PostgresCallStore(postgres)
    return AnalysisWorker(queue, calls, NoOutputs(), Analyst(model), worker_id=worker_id, clock=lambda: AT)


def ended(row: CallRow) -> CallRow:
    return replace(row, status=CallStatus.ENDED, ended_at=AT)


async def reports(postgres: Postgres) -> list[dict[str, Any]]:
    """The end-of-call reports that wait to be sent."""
    which = JobFilter(type="end-of-call-report")
    jobs = await PostgresOutbox(postgres).list_jobs(DEFAULT_ORGANIZATION, which, 100)
    return [json.loads(job.body)["message"] for job in jobs]


async def begin(postgres: Postgres, row: CallRow) -> PostgresCallStore:
    """A call with two lines that has told of itself once."""
    store = PostgresCallStore(postgres)
    lines = [TranscriptLine(row.id, seq, ("assistant", "user")[seq - 1], "hello", 0, 1) for seq in (1, 2)]
    told = WebhookJob("msg_1", row.id, 7, "status-update", "account", "https://a.example/hook", "{}", T0)
    await store.write(CallBatch([row], lines=lines, jobs=[told]))
    return store


async def test_a_call_is_analysed_when_it_is_over_and_its_report_has_it(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        live = call_row(order=ORDER, news=PLAN.data())
        store, queue = await begin(postgres, live), analyses(postgres)
        later = AT + timedelta(minutes=1)
        assert await queue.claim("worker-a", AT, later, 5) == [], "it is not over"
        await store.write(CallBatch([ended(live)]))
        (claimed,) = await queue.claim("worker-a", AT, later, 5)
        assert (claimed.call_id, claimed.order, claimed.tries) == (live.id, ORDER, 1)
        assert await queue.claim("worker-b", AT, later, 5) == [], "it is somebody's"
        await worker(postgres, ByPurpose()).finish(claimed)
        await worker(postgres, ByPurpose()).finish(claimed)  # whoever was too slow changes nothing
        (report,) = await reports(postgres)
        assert report["analysis"] == {"summary": "Two nights were booked.", "successEvaluation": "True"}
        assert (report["sequence"], report["assistant"]) == (8, {"name": "Ada"})
        assert report["transcript"] == "AI: hello\nUser: hello\n"
        kept = await store.of(DEFAULT_ORGANIZATION).get_call(live.id)
        assert kept is not None
        assert kept.analysis is not None
        assert kept.analysis["analysis"] == report["analysis"]
        assert await store.of(OTHER_ORGANIZATION).get_call(live.id) is None
        (listed,) = await store.of(DEFAULT_ORGANIZATION).list_calls()
        assert listed.analysis == kept.analysis


async def test_a_worker_that_dies_is_followed_by_another(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        row = ended(call_row(order=ORDER, news=PLAN.data()))
        await begin(postgres, row)
        queue, far = analyses(postgres), AT + timedelta(days=1)
        async with hold_presence(postgres, "worker-a"):
            assert len(await queue.claim("worker-a", AT, far, 5)) == 1
            assert await queue.release("worker-b", AT) == 0, "it lives"
        assert await queue.release("worker-b", AT) == 1
        (claimed,) = await queue.claim("worker-b", AT, far, 5)
        assert claimed.tries == 2
        # after too many beginnings the report goes without
        model = FakeModel()
        await worker(postgres, model, "worker-b").finish(replace(claimed, tries=4))
        (report,) = await reports(postgres)
        assert (report["analysis"], model.requests) == ({}, [])


async def test_a_lost_call_is_analysed_too_and_reported_once(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        live = call_row(order=ORDER, news=PLAN.data(), worker_id="worker-gone")
        store = await begin(postgres, live)
        tell = partial(news_of_the_lost, news_plan())
        assert await store.end_lost_calls("worker-b", AT, tell) == 1
        assert await reports(postgres) == [], "the report waits"
        (claimed,) = await analyses(postgres).claim("worker-b", AT, AT + timedelta(minutes=1), 5)
        await worker(postgres, ByPurpose(), "worker-b").finish(claimed)
        (report,) = await reports(postgres)
        assert report["analysis"]["successEvaluation"] == "True"
        assert report["endedReason"] == "call.in-progress.error-process-lost"


async def test_serving_takes_what_comes(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        store = await begin(postgres, ended(call_row(order=ORDER, news=PLAN.data())))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(worker(postgres, ByPurpose()).serve)
            with trio.fail_after(20):
                while not await reports(postgres):  # noqa: ASYNC110 - somebody else's state
                    await trio.sleep(0.05)
            second = ended(call_row(2, order=replace(ORDER, report=False)))
            await store.write(CallBatch([second]))
            with trio.fail_after(20):
                while not (await store.of(DEFAULT_ORGANIZATION).list_calls())[0].analysis:  # noqa: ASYNC110
                    await trio.sleep(0.05)
            nursery.cancel_scope.cancel()
        assert len(await reports(postgres)) == 1, "nobody wanted the other one"


async def test_outputs_are_put_beside_what_is_there(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        row = ended(call_row())
        store, queue = await begin(postgres, row), analyses(postgres)
        for name in ("first", "second"):
            outputs = {name: {"name": name, "result": 1}, "again": {"name": "again", "result": name}}
            result = AnalysisResult({}, outputs, [{"type": "analysis", "cost": 0.5}])
            await queue.add(DEFAULT_ORGANIZATION, row.id, result, AT)
        kept = await store.of(DEFAULT_ORGANIZATION).get_call(row.id)
        assert kept is not None
        assert kept.analysis is not None
        assert kept.analysis["structuredOutputs"] == {
            "first": {"name": "first", "result": 1},
            "second": {"name": "second", "result": 1},
            "again": {"name": "again", "result": "second"},
        }
        assert len(kept.analysis["costs"]) == 2  # type: ignore[arg-type]
