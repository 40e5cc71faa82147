"""Messages on their way: nothing is lost, and nothing waits for another's server."""

from __future__ import annotations

import signal
import subprocess
import sys
from base64 import b64encode
from functools import partial
from uuid import UUID

import pytest
import trio
from standardwebhooks.webhooks import Webhook

from aywa.call.news import news_of_the_lost
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.outbox.schedule import DELAYS_S
from aywa.outbox.sign import key_of
from aywa.outbox.targets import ASSISTANT, Target
from aywa.outbox.worker import WorkerLimits
from aywa.ports.outbox import JobFilter, JobState, WebhookJob
from aywa.ports.store import CallBatch, CallStatus, TranscriptLine
from tests.kit.call_store_contract import call_row
from tests.kit.news import news_plan
from tests.kit.outbox_world import ALL, open_outbox_world, until
from tests.kit.webhook_server import Received, open_webhook_server

pytestmark = pytest.mark.live


async def test_a_message_is_signed_sent_and_written_down(postgres_url: str) -> None:
    secret = "whsec_" + b64encode(b"s" * 24).decode()
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        target = Target(
            server.url("/hook?key=hidden"), {"X-Own": "1", "webhook-id": "forged"}, secret="legacy"
        )
        job = world.job(1, target.endpoint)
        await world.commit(job)
        async with world.worker(target, keys=(key_of(secret),)):
            await world.settled()
        (request,) = server.received
        assert Webhook(secret).verify(request.body, request.headers)
        assert request.body.decode() == job.body
        assert (request.path, request.id) == ("/hook?key=hidden", job.id)
        assert (request.headers["x-own"], request.headers["x-vapi-secret"]) == ("1", "legacy")
        record = (await world.jobs())[job.id]
        assert (record.state, record.attempts, record.last_status) == (JobState.DELIVERED, 1, 200)
        assert "hidden" not in record.endpoint
        (attempt,) = await world.outbox.attempts(DEFAULT_ORGANIZATION, job.id)
        assert (attempt.number, attempt.status, attempt.answer, attempt.error) == (1, 200, "ok", "")
        assert attempt.latency_ms >= 0


async def test_it_is_tried_for_three_days_and_then_dead_until_somebody_retries(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        server.answer = lambda _: (404, {})
        target = Target(server.url())
        await world.commit(world.job(1, target.endpoint))
        began = world.clock()
        async with world.worker(target) as worker:
            for tries in range(1, len(DELAYS_S) + 2):
                await until(lambda tries=tries: len(server.received) == tries)  # type: ignore[misc]
                job = await world.tried("msg_1", tries)
                assert job.attempts == tries
                if job.next_at is not None:
                    world.ahead_s += (job.next_at - world.clock()).total_seconds() + 0.01
                    worker.wake()
        assert set(server.ids) == {"msg_1"}
        assert len(server.received) == len(DELAYS_S) + 1
        assert (world.clock() - began).total_seconds() >= 72 * 3600
        job = (await world.jobs(JobFilter(state=JobState.DEAD)))["msg_1"]
        assert (job.next_at, job.last_error) == (None, "the server answered 404")
        server.answer = lambda _: (200, {})
        given = (DEFAULT_ORGANIZATION, ["msg_1"], ALL)
        assert await world.outbox.replay(*given, [JobState.DEAD], world.clock()) == ["msg_1"]
        async with world.worker(target):
            await world.settled()
        job = (await world.jobs())["msg_1"]
        assert (job.state, job.attempts, job.tries) == (JobState.DELIVERED, len(DELAYS_S) + 2, 1)
        attempts = await world.outbox.attempts(DEFAULT_ORGANIZATION, "msg_1")
        assert [attempt.number for attempt in attempts] == list(range(1, len(DELAYS_S) + 3))


async def test_410_ends_it_and_retry_after_is_kept(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        answers = {"1": (410, {}), "2": (503, {"Retry-After": "4000"})}
        server.answer = lambda request: answers[str(request.message["n"])]
        target = Target(server.url())
        await world.commit(world.job(1, target.endpoint), world.job(2, target.endpoint))
        async with world.worker(target):
            await world.tried("msg_1", 1)
            await world.tried("msg_2", 1)
            jobs = await world.jobs()
            assert (jobs["msg_1"].state, jobs["msg_2"].state) == (JobState.DEAD, JobState.WAITING)
            assert jobs["msg_2"].next_at is not None
            assert (jobs["msg_2"].next_at - world.clock()).total_seconds() > 3990
            await world.commit(world.job(3, target.endpoint))
            await trio.sleep(0.5)
            assert len(server.received) == 2, "who asked to be left alone is"


async def test_what_may_not_be_asked_is_given_up_at_once(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world:
        await world.commit(world.job(1, "http://10.0.0.1/"), world.job(2, "x", source=ASSISTANT))
        async with world.worker(Target("http://10.0.0.1/")):
            await world.settled()
        jobs = await world.jobs()
        assert (jobs["msg_1"].state, jobs["msg_1"].last_error) == (
            JobState.DEAD,
            "the host is not one of the public internet",
        )
        assert (jobs["msg_2"].state, jobs["msg_2"].last_error) == (JobState.SKIPPED, "the target is gone")


async def test_a_server_that_hangs_holds_up_nobody_else(postgres_url: str) -> None:
    """200 messages wait for one that takes everything and answers nothing; the other's go within a second."""
    async with (
        open_outbox_world(postgres_url) as world,
        open_webhook_server() as hangs,
        open_webhook_server() as works,
    ):
        hangs.answer = lambda _: None
        stuck, well = Target(hangs.url()), Target(works.url())
        assistant = Assistant.model_validate({"serverUrl": stuck.url})
        await world.commit(*[world.job(number, stuck.endpoint, source=ASSISTANT) for number in range(1, 201)])
        async with world.worker(well, assistant=assistant, limits=WorkerLimits(sending=20, endpoint=8)):
            await until(lambda: len(hangs.received) >= 5)
            began = trio.current_time()
            await world.commit(*[world.job(number, well.endpoint) for number in range(301, 321)])
            await until(lambda: len(works.received) == 20)
            assert trio.current_time() - began < 5.0
            assert hangs.most_at_once <= 8


async def test_a_call_is_told_in_its_order(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        server.delay_s = 0.01
        target = Target(server.url())
        await world.commit(
            *[world.job(number, target.endpoint, call=number % 3 + 1) for number in range(1, 31)]
        )
        async with world.worker(target):
            await until(lambda: len(server.received) == 30, 20)
        for call in range(3):
            order = [request.message["n"] for request in server.received if request.message["n"] % 3 == call]
            assert order == sorted(order)
        assert server.most_at_once > 1, "calls do not wait for each other"


async def test_a_worker_that_is_cut_off_loses_nothing(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        target = Target(server.url())
        await world.commit(*[world.job(number, target.endpoint) for number in range(1, 11)])
        server.answer = lambda _: None
        async with world.worker(target, name="first"):
            await until(lambda: len(server.received) == 10)
        server.received.clear()
        server.answer = lambda _: (200, {})
        async with world.worker(target, name="second"):
            await world.settled()
        assert sorted(server.ids) == sorted(f"msg_{number}" for number in range(1, 11))
        assert {job.state for job in (await world.jobs()).values()} == {JobState.DELIVERED}


async def test_a_killed_process_loses_nothing(postgres_url: str) -> None:
    """kill -9 between commit and answer: another worker sends the same messages under the same ids."""
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        first_three: list[Received] = []

        def answer(request: Received) -> tuple[int, dict[str, str]] | None:
            first_three.append(request)
            return (200, {}) if len(first_three) <= 3 else None

        server.answer = answer
        target = Target(server.url())
        await world.commit(*[world.job(number, target.endpoint) for number in range(1, 21)])
        command = [sys.executable, "-m", "tests.kit.outbox_child", postgres_url, target.url]
        child = subprocess.Popen(command)
        try:
            await until(lambda: len(server.received) >= 10, 20)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        await world.commit(world.job(21, target.endpoint))
        before = set(server.ids)
        server.received.clear()
        server.answer = lambda _: (200, {})
        async with world.worker(target, name="another"):
            await world.settled()
        everything = {f"msg_{number}" for number in range(1, 22)}
        assert before | set(server.ids) == everything
        assert {job.state for job in (await world.jobs()).values()} == {JobState.DELIVERED}
        twice = before & set(server.ids)
        assert len(server.ids) == len(set(server.ids)), "only what was under way goes out again, once"
        assert twice <= before


async def test_two_workers_do_not_send_the_same(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        target = Target(server.url())
        async with world.worker(target, name="a") as a, world.worker(target, name="b") as b:
            for start in range(1, 101, 20):
                await world.commit(
                    *[world.job(number, target.endpoint) for number in range(start, start + 20)]
                )
                a.wake()
                b.wake()
            await world.settled(20)
        assert len(server.ids) == len(set(server.ids)) == 100


async def test_replay_by_range_and_endpoint_and_retention(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        target = Target(server.url())
        await world.commit(*[world.job(number, target.endpoint) for number in range(1, 4)])
        world.ahead_s = 3600
        await world.commit(world.job(4, target.endpoint), world.job(5, "http://other/"))
        async with world.worker(target) as worker:
            await until(lambda: len(server.received) == 5)
            await worker.drain(5.0)
            which = JobFilter(created_at_ge=world.clock(), endpoint=target.endpoint)
            settled = [JobState.DELIVERED, JobState.DEAD]
            none = await world.outbox.replay(DEFAULT_ORGANIZATION, None, which, settled, world.clock())
            assert none == []
            which = JobFilter(created_at_lt=world.clock(), endpoint=target.endpoint, type="status-update")
            again = await world.outbox.replay(DEFAULT_ORGANIZATION, None, which, settled, world.clock())
            assert sorted(again) == ["msg_1", "msg_2", "msg_3", "msg_4", "msg_5"]
            worker.wake()
            await until(lambda: len(server.received) == 10)
            await worker.drain(5.0)
        late = world.clock()
        assert (await world.outbox.figures(late)).jobs == {"waiting": 0, "dead": 0}
        assert await world.outbox.purge(late, late) == 5
        assert await world.jobs() == {}


async def test_another_organisation_sees_nothing_and_replays_nothing(postgres_url: str) -> None:
    other = UUID(int=9)
    async with open_outbox_world(postgres_url) as world, open_webhook_server() as server:
        target = Target(server.url())
        await world.commit(world.job(1, target.endpoint))
        async with world.worker(target):
            await world.settled()
        (attempt,) = await world.outbox.attempts(DEFAULT_ORGANIZATION, "msg_1")
        assert await world.outbox.list_jobs(other, ALL, 100) == []
        assert await world.outbox.get_job(other, "msg_1") is None
        assert await world.outbox.get_attempt(other, attempt.id) is None
        assert await world.outbox.attempts(other, "msg_1") == []
        states = list(JobState)
        assert await world.outbox.replay(other, ["msg_1"], ALL, states, world.clock()) == []
        assert await world.outbox.replay(other, None, ALL, states, world.clock()) == []
        assert await world.outbox.get_attempt(DEFAULT_ORGANIZATION, attempt.id) == attempt
        assert (await world.outbox.get_job(DEFAULT_ORGANIZATION, "odd\0id\ud800")) is None


async def test_a_lost_call_is_told_of_in_the_transaction_that_ends_it(postgres_url: str) -> None:
    async with open_outbox_world(postgres_url) as world:
        lost = call_row(1, org_id=DEFAULT_ORGANIZATION, news=news_plan().data())
        line = TranscriptLine(lost.id, 1, "user", "hello", 0, 500)
        job = WebhookJob("msg_0", lost.id, 4, "status-update", "account", "e", "{}", lost.created_at)
        await world.calls.write(CallBatch([lost], lines=[line], jobs=[job]))
        tell = partial(news_of_the_lost, news_plan())
        assert await world.calls.end_lost_calls("another", world.clock(), tell) == 1
        jobs = await world.jobs(JobFilter(call_id=lost.id))
        assert sorted((job.seq, job.type) for job in jobs.values()) == [
            *((4, "status-update"), (5, "status-update"), (6, "end-of-call-report")),
        ]
        report = next(job for job in jobs.values() if job.type == "end-of-call-report")
        assert "User: hello" in report.body
        assert await world.calls.end_lost_calls("another", world.clock(), tell) == 0

        def broken(*_: object) -> list[WebhookJob]:
            raise RuntimeError("no message can be made")

        await world.calls.save_call(call_row(2))
        with pytest.raises(RuntimeError):
            await world.calls.end_lost_calls("another", world.clock(), broken)
        row = await world.calls.of(DEFAULT_ORGANIZATION).get_call(call_row(2).id)
        assert row is not None
        assert row.status is CallStatus.IN_PROGRESS, "both or neither"
