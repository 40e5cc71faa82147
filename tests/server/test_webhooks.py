"""`/logs/webhooks`: what was sent, what came of it, and sending it again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aywa.ports.outbox import AttemptRecord, JobRecord, JobState
from aywa_server.app import create_app
from aywa_server.parts import Parts
from tests.kit.api_parts import AUTH, DictWebhookLog, make_parts
from tests.kit.call_store_contract import call_row

AT = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)
CALL = call_row().id


def job(number: int, state: JobState = JobState.DELIVERED) -> JobRecord:
    return JobRecord(
        id=f"msg_{number}",
        call_id=CALL,
        seq=number,
        type="status-update",
        source="account",
        endpoint="https://a.example/hook",
        body='{"message":{"type":"status-update"}}',
        created_at=AT,
        state=state,
        tries=1,
        attempts=1,
        next_at=None,
        delivered_at=AT if state is JobState.DELIVERED else None,
        last_status=200,
        last_error="",
    )


ATTEMPT = AttemptRecord("att_1", "msg_1", 1, AT, "https://a.example/hook", 200, 35, "", "ok", None)


def world() -> tuple[Any, DictWebhookLog, Parts]:
    parts = make_parts()
    log = parts.webhooks
    assert isinstance(log, DictWebhookLog)
    states = (JobState.DELIVERED, JobState.DEAD, JobState.WAITING)
    log.jobs = {f"msg_{number}": job(number, state) for number, state in enumerate(states, 1)}
    log.tried = [ATTEMPT]
    return create_app(parts).test_client(), log, parts


async def test_the_list_and_its_filters() -> None:
    client, log, _ = world()
    query = {"state": "dead", "type": "status-update", "callId": CALL, "limit": "7"}
    query["createdAtGe"] = "2026-05-01"
    answer = await client.get("/logs/webhooks", headers=AUTH, query_string=query)
    assert answer.status_code == 200
    assert [row["id"] for row in await answer.get_json()] == ["msg_1", "msg_2", "msg_3"]
    ((which, limit),) = log.asked
    assert (which.state, which.type, which.call_id, limit) == (JobState.DEAD, "status-update", CALL, 7)
    assert which.created_at_ge == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "query", [{"state": "lost"}, {"limit": "0"}, {"page": "1"}, {"createdAtLt": "soon"}, {"type": "a\0b"}]
)
async def test_what_cannot_be_asked(query: dict[str, str]) -> None:
    client, _, _ = world()
    answer = await client.get("/logs/webhooks", headers=AUTH, query_string=query)
    assert answer.status_code == 400
    assert (await answer.get_json())["field"] == next(iter(query))


async def test_one_message_and_one_attempt() -> None:
    client, _, _ = world()
    found = await (await client.get("/logs/webhooks/msg_1", headers=AUTH)).get_json()
    assert (found["kind"], found["state"], found["sequence"]) == ("job", "delivered", 1)
    assert found["payload"] == {"message": {"type": "status-update"}}
    assert found["attempts"][0]["answer"] == "ok"
    attempt = await (await client.get("/logs/webhooks/att_1", headers=AUTH)).get_json()
    assert (attempt["kind"], attempt["jobId"], attempt["latencyMs"]) == ("attempt", "msg_1", 35)
    assert (await client.get("/logs/webhooks/other", headers=AUTH)).status_code == 404
    assert (await client.get("/logs/webhooks/msg_1")).status_code == 401


async def test_replay_and_retry() -> None:
    client, log, _ = world()
    for path, status in (
        ("/logs/webhooks/att_1/replay", 202),
        ("/logs/webhooks/msg_1/replay", 409),  # it waits since the line before
        ("/logs/webhooks/jobs/msg_2/retry", 202),
        ("/logs/webhooks/jobs/msg_2/retry", 409),
        ("/logs/webhooks/jobs/att_1/retry", 404),
        ("/logs/webhooks/other/replay", 404),
    ):
        answer = await client.post(path, headers=AUTH)
        assert answer.status_code == status, path
    assert {each.state for each in log.jobs.values()} == {JobState.WAITING}
    log.jobs["msg_1"] = job(1)
    assert (await client.post("/logs/webhooks/jobs/msg_1/retry", headers=AUTH)).status_code == 409


async def test_replay_of_a_range() -> None:
    client, log, _ = world()
    body = {"createdAtGe": "2026-05-30", "endpoint": "https://a.example/hook"}
    answer = await client.post("/logs/webhooks/replay", headers=AUTH, json=body)
    assert answer.status_code == 202
    assert await answer.get_json() == {"replayed": 2, "ids": ["msg_1", "msg_2"]}
    ((ids, which),) = log.replayed
    assert (ids, which.endpoint) == (None, "https://a.example/hook")
    assert which.created_at_lt is not None
    since = {"createdAtGe": "soon"}
    for wrong in ({}, {"all": True}, since, {"ids": []}, {"ids": "msg_1"}, [], {"state": "dead"}):
        answer = await client.post("/logs/webhooks/replay", headers=AUTH, json=wrong)
        assert answer.status_code == 400, wrong
