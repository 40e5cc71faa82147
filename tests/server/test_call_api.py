"""Names, filters and pages of calls, their monitor URLs, and calls by websocket as they are made."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from aywa.call.plan import monitor_of
from aywa.errors import OverloadedError
from aywa.model.assistant import Assistant
from aywa.model.assistant_body import AssistantBody, MonitorPlan
from aywa.ports.outbox import JobRecord, JobState
from aywa.ports.store import CallStatus, CallType
from aywa_server.app import create_app
from aywa_server.call_tokens import CallTokens, Door
from aywa_server.call_view import call_resource
from aywa_server.webhook_view import job_resource
from tests.kit.api_parts import AUTH, DictCallStore, SpyCalls, make_parts
from tests.kit.call_store_contract import T0, call_row

LIVE = call_row(1, monitor=None, transport=None)
TOKENS = CallTokens(b"t" * 32)
SAY = {"type": "say", "content": "Hello."}


def make(*rows: Any) -> tuple[SpyCalls, Any]:
    parts = make_parts(DictCallStore({row.id: row for row in rows or (LIVE,)}))
    assert isinstance(parts.calls, SpyCalls)
    return parts.calls, create_app(parts).test_client()


async def test_a_call_says_who_led_it_and_what_it_is_called() -> None:
    _, client = make()
    call = await (await client.get(f"/call/{LIVE.id}", headers=AUTH)).get_json()
    assert (call["assistantId"], call["phoneNumberId"]) == (str(UUID(int=101)), str(UUID(int=201)))
    assert call["name"] == "Friday's guest"
    assert "transport" not in call


async def test_a_call_gets_another_name_and_nothing_else() -> None:
    calls, client = make()
    path = f"/call/{LIVE.id}"
    answer = await client.patch(path, json={"name": "Ms Smith"}, headers=AUTH)
    assert (answer.status_code, (await answer.get_json())["name"]) == (200, "Ms Smith")
    assert calls.renamed == [(LIVE.id, "Ms Smith")]
    answer = await client.patch(path, json={"name": None}, headers=AUTH)
    assert "name" not in await answer.get_json()
    for body, field in (({"status": "ended"}, "name"), ({"name": "x" * 41}, "name"), ({}, "name")):
        answer = await client.patch(path, json=body, headers=AUTH)
        assert (answer.status_code, (await answer.get_json())["field"]) == (400, field)
    answer = await client.patch(f"/call/{UUID(int=9)}", json={"name": "x"}, headers=AUTH)
    assert answer.status_code == 404


async def test_pages_follow_one_another() -> None:
    rows = [call_row(number) for number in range(1, 4)]
    _, client = make(*rows)
    answer = await client.get("/call?limit=2&assistantId=" + str(UUID(int=101)), headers=AUTH)
    link = answer.headers["Link"]
    assert link.endswith('; rel="next"')
    query = parse_qs(urlsplit(link[1 : link.index(">")]).query)
    micros = round((rows[1].created_at - T0) / timedelta(microseconds=1)) + round(T0.timestamp() * 1_000_000)
    assert query == {
        "limit": ["2"],
        "assistantId": [str(UUID(int=101))],
        "cursor": [f"{micros}-{rows[1].id}"],
    }
    answer = await client.get("/call?limit=3", headers=AUTH)
    assert "Link" not in answer.headers
    assert (await (await client.get("/call?limit=0", headers=AUTH)).get_json()) == []


def test_the_monitor_plan_decides_what_urls_there_are() -> None:
    assert monitor_of(None) is monitor_of(Assistant()) is monitor_of(AssistantBody()) is None
    assert monitor_of(AssistantBody(monitor_plan=MonitorPlan())) is None
    off = monitor_of(AssistantBody(monitor_plan=MonitorPlan(listen_enabled=False, control_enabled=False)))
    assert off == {"listen": False, "control": False}
    assert call_resource(replace(LIVE, monitor=off), "http://x", tokens=TOKENS).monitor is None
    keyed = monitor_of(
        AssistantBody(
            monitor_plan=MonitorPlan(listen_authentication_enabled=True, control_authentication_enabled=True)
        )
    )
    shown = call_resource(replace(LIVE, monitor=keyed), "https://x", tokens=TOKENS).monitor
    assert shown is not None
    assert shown.listen_url == f"wss://x/call/{LIVE.id}/listen"
    assert shown.control_url == f"https://x/call/{LIVE.id}/control"
    reader = call_resource(LIVE, "https://x", tokens=TOKENS.for_readers()).monitor
    assert reader is not None
    assert reader.control_url == f"https://x/call/{LIVE.id}/control"
    assert "token=" in str(reader.listen_url)
    ended = replace(LIVE, status=CallStatus.ENDED)
    assert call_resource(ended, "https://x", tokens=TOKENS).monitor is None


async def test_the_control_url_needs_no_key() -> None:
    calls, client = make()
    url = TOKENS.url("", LIVE.id, Door.CONTROL)
    answer = await client.post(url, json=SAY)
    assert answer.status_code == 200
    assert calls.commands == [(LIVE.id, "say", "Hello.", False)]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "\u00e9",
        TOKENS.token(LIVE.id, Door.LISTEN),
        TOKENS.token(str(UUID(int=9)), Door.CONTROL),
        CallTokens(b"u" * 32).token(LIVE.id, Door.CONTROL),
    ],
)
async def test_another_token_opens_nothing(token: str) -> None:
    calls, client = make()
    answer = await client.post(f"/call/{LIVE.id}/control", query_string={"token": token}, json=SAY)
    assert answer.status_code == 401
    assert calls.commands == []


async def test_wrong_tokens_count_as_wrong_keys_do() -> None:
    _, client = make()
    path = f"/call/{LIVE.id}/control?token=x"
    statuses = [(await client.post(path, json=SAY)).status_code for _ in range(25)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


async def test_a_token_opens_only_while_the_call_lasts() -> None:
    calls, client = make(replace(LIVE, status=CallStatus.ENDED))
    answer = await client.post(TOKENS.url("", LIVE.id, Door.CONTROL), json=SAY)
    assert (answer.status_code, (await answer.get_json())["code"]) == (409, "call-not-live")
    calls, client = make()
    calls.elsewhere.add(LIVE.id)
    assert (await client.post(TOKENS.url("", LIVE.id, Door.CONTROL), json=SAY)).status_code == 409


@pytest.mark.parametrize(
    ("plan", "status", "with_key"),
    [({"control": False}, 403, 200), ({"controlAuthentication": True}, 401, 200)],
)
async def test_a_plan_may_want_a_key_or_nothing_at_all(
    plan: dict[str, bool], status: int, with_key: int
) -> None:
    _, client = make(replace(LIVE, monitor=plan))
    url = TOKENS.url("", LIVE.id, Door.CONTROL)
    assert (await client.post(url, json=SAY)).status_code == status
    assert (await client.post(f"/call/{LIVE.id}/control", json=SAY, headers=AUTH)).status_code == with_key


async def test_a_web_call_is_made_with_its_websocket() -> None:
    calls, client = make()
    body = {"name": "Visit", "customer": {"name": "Ada", "number": "+4930123456"}}
    answer = await client.post("/call/web", json=body, headers=AUTH)
    call = await answer.get_json()
    assert (answer.status_code, call["type"], call["status"]) == (201, "webCall", "queued")
    assert call["customer"] == {"name": "Ada", "number": "+4930123456"}
    assert call["name"] == "Visit"
    assert not {"toUri", "phoneCallTransport", "phoneCallProviderId"} & call.keys()
    transport = call["transport"]
    assert transport["audioFormat"] == {"format": "pcm_s16le", "container": "raw", "sampleRate": 16000}
    token = TOKENS.token(call["id"], Door.TRANSPORT)
    assert transport["websocketCallUrl"] == f"ws://localhost/call/{call['id']}/transport?token={token}"
    (order,) = calls.webs
    assert (order.type, order.title, order.owner != "") == (CallType.WEB, "Visit", True)
    assert answer.headers["Location"].endswith(f"/call/{call['id']}")


async def test_a_call_may_have_a_websocket_for_its_transport() -> None:
    calls, client = make()
    body = {
        "transport": {
            "provider": "vapi.websocket",
            "audioFormat": {"format": "mulaw", "container": "raw", "sampleRate": 8000},
        },
        "assistant": {"name": "Desk", "monitorPlan": {"listenEnabled": False}},
    }
    answer = await client.post("/call", json=body, headers=AUTH)
    call = await answer.get_json()
    assert (answer.status_code, call["type"]) == (201, "vapi.websocketCall")
    (order,) = calls.webs
    assert order.plan is not None
    assert order.plan.assistant.name == "Desk"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/call/web", {"phoneNumberId": "x"}, "phoneNumberId"),
        ("/call/web", {"customer": {"number": "x"}}, "customer.number"),
        ("/call/web", {"assistantId": str(UUID(int=5))}, "assistantId"),
        ("/call/web", {"transport": {"provider": "daily"}}, "transport.provider"),
        (
            "/call/web",
            {"transport": {"audioFormat": {"format": "mulaw", "sampleRate": 16000}}},
            "transport.audioFormat.sampleRate",
        ),
        (
            "/call/web",
            {"transport": {"audioFormat": {"sampleRate": 44100}}},
            "transport.audioFormat.sampleRate",
        ),
        ("/call", {"transport": {"provider": "vapi.websocket"}, "phoneNumberId": "x"}, "phoneNumberId"),
        ("/call", {"transport": {"provider": "twilio"}, "customer": {"number": "1"}}, "transport"),
        ("/call/phone", {"transport": {"provider": "vapi.websocket"}}, "transport"),
    ],
)
async def test_a_wrong_order_names_its_field(path: str, body: dict[str, object], field: str) -> None:
    calls, client = make()
    answer = await client.post(path, json=body, headers=AUTH)
    assert (answer.status_code, (await answer.get_json())["field"]) == (400, field)
    assert calls.webs == []


async def test_a_full_runtime_makes_no_web_call() -> None:
    calls, client = make()
    calls.refusal = OverloadedError("RUNTIME_MAX_CALLS calls are live")
    answer = await client.post("/call/web", json={}, headers=AUTH)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_a_token_says_nothing_in_print() -> None:
    assert "ttt" not in repr(TOKENS)
    assert TOKENS.token(LIVE.id, Door.LISTEN) == TOKENS.token(LIVE.id.upper(), Door.LISTEN)


def test_what_was_sent_is_shown_without_the_tokens_in_it() -> None:
    call = call_resource(LIVE, "https://x", tokens=TOKENS).to_json()
    job = JobRecord(
        *("msg_1", LIVE.id, 1, "status-update", "account", "https://a.example"),
        body=json.dumps({"message": {"call": call}}),
        created_at=T0,
        state=JobState.DELIVERED,
        tries=1,
        attempts=1,
        next_at=None,
        delivered_at=T0,
        last_status=200,
        last_error="",
    )
    shown = str(job_resource(job, LIVE.org_id, []).to_json())
    assert TOKENS.token(LIVE.id, Door.CONTROL) not in shown
    assert TOKENS.token(LIVE.id, Door.LISTEN) not in shown
    assert f"/call/{LIVE.id}/control?token=redacted" in shown
