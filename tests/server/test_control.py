"""Steering a live call, and everything that can be wrong with a command."""

from __future__ import annotations

from typing import Any

import pytest

from aywa.ports.store import CallStatus
from aywa_server.app import create_app
from aywa_server.parts import Parts
from tests.kit.api_parts import AUTH, DictCallStore, SpyCalls, make_parts
from tests.kit.call_store_contract import call_row

LIVE = call_row(1)
ENDED = call_row(2, status=CallStatus.ENDED)
JSON = AUTH | {"Content-Type": "application/json"}


def make() -> tuple[Parts, Any]:
    parts = make_parts(DictCallStore({row.id: row for row in (LIVE, ENDED)}))
    return parts, create_app(parts).test_client()


async def post(body: object, call_id: str = LIVE.id) -> tuple[int, Any, list[tuple[object, ...]]]:
    parts, client = make()
    answer = await client.post(f"/call/{call_id}/control", json=body, headers=AUTH)
    assert isinstance(parts.calls, SpyCalls)
    return answer.status_code, await answer.get_json(), parts.calls.commands


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ({"type": "say", "content": "One moment."}, ("say", "One moment.", False)),
        ({"type": "say", "content": "Bye.", "endCallAfterSpoken": True}, ("say", "Bye.", True)),
        (
            {"type": "say", "content": "Hi.", "interruptAssistantEnabled": True},
            ("say", "Hi.", False, "interrupt"),
        ),
        ({"type": "say", "content": "Hi.", "interruptionsEnabled": True}, ("say", "Hi.", False)),
        (
            {"type": "say", "content": "Hi.", "interruptionsEnabled": False},
            ("say", "Hi.", False, "protected"),
        ),
        ({"message": {"type": "say", "content": "Wrapped."}}, ("say", "Wrapped.", False)),
        ({"type": "end-call"}, ("end",)),
        ({"type": "control", "control": "mute-assistant"}, ("steer", "mute-assistant")),
        ({"message": {"type": "control", "control": "unmute-customer"}}, ("steer", "unmute-customer")),
        ({"type": "control", "control": "hold"}, ("steer", "hold")),
        ({"type": "capture"}, ("capture", "headers")),
        ({"type": "capture", "mode": "full"}, ("capture", "full")),
        ({"message": {"type": "end-call"}}, ("end",)),
    ],
)
async def test_commands_bare_and_wrapped(body: object, command: tuple[object, ...]) -> None:
    status, answer, commands = await post(body)
    assert (status, answer["status"]) == (200, "accepted")
    assert commands == [(LIVE.id, *command)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "transfer"}, "destination"),
        ({"type": "transfer", "destination": {"type": "assistant"}}, "destination"),
        (
            {"type": "transfer", "destination": {"type": "number", "number": "12"}},
            "destination.number.number",
        ),
        ({"type": "transfer", "destination": {"type": "sip", "sipUri": "sip:"}}, "destination.sip.sipUri"),
        ({"type": "transfer", "destination": {"type": "sip", "sipUri": "sip:@@"}}, "destination"),
        (
            {
                "type": "transfer",
                "destination": {"type": "sip", "sipUri": "sip:a@b", "sipHeaders": {"Via": "x"}},
            },
            "destination",
        ),
        (
            {
                "type": "transfer",
                "destination": {
                    "type": "number",
                    "number": "+4930123456",
                    "transferPlan": {"mode": "warm-transfer-twiml"},
                },
            },
            "destination.number.transferPlan.mode",
        ),
        *(
            (
                {
                    "type": "transfer",
                    "destination": {
                        "type": "number",
                        "number": "+4930123456",
                        "transferPlan": {"mode": "warm-transfer-experimental", "holdAudioUrl": url},
                    },
                },
                "destination.number.transferPlan.holdAudioUrl",
            )
            for url in ("", "music", "ftp://a/b", "https://", "https://user:pw@a/b", "file://host/a", 7)
        ),
        ({"type": "capture", "mode": "off"}, "mode"),
        ({"type": "control"}, "control"),
        ({"type": "control", "control": "mute"}, "control"),
        ({"type": ["say"]}, "type"),
        ({"type": None}, "type"),
        ({"message": "say"}, "type"),
        ({"type": "say"}, "content"),
        ({"type": "say", "content": ""}, "content"),
        ({"type": "say", "content": " \n"}, "content"),
        ({"type": "say", "content": 7}, "content"),
        ({"type": "say", "content": "x" * 2001}, "content"),
        ({"type": "say", "content": "\ud800"}, "content"),
        ({"type": "say", "content": "a", "endCallAfterSpoken": "yes"}, "endCallAfterSpoken"),
        ({"type": "say", "content": "a", "interruptionsEnabled": 0}, "interruptionsEnabled"),
    ],
)
async def test_a_wrong_command_is_400_and_names_the_field(body: object, field: str) -> None:
    status, answer, commands = await post(body)
    assert (status, answer["field"], commands) == (400, field, [])


async def test_an_unknown_type_is_told_the_allowed_ones() -> None:
    _, answer, _ = await post({"type": "handoff"})
    assert answer["message"] == "type must be one of say, control, transfer, end-call, capture"


async def test_unknown_ended_and_foreign_calls() -> None:
    assert (await post({"type": "end-call"}, "nobody"))[0] == 404
    status, answer, _ = await post({"type": "end-call"}, ENDED.id)
    assert (status, answer["code"]) == (409, "call-not-live")
    parts, client = make()
    assert isinstance(parts.calls, SpyCalls)
    parts.calls.elsewhere.add(LIVE.id)
    answer = await client.post(f"/call/{LIVE.id}/control", json={"type": "end-call"}, headers=AUTH)
    assert answer.status_code == 409


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"say"', b"\xff\xfe", b"[1e999]", b"{}" * 2])
async def test_a_body_that_is_no_json_object_is_400(data: bytes) -> None:
    _, client = make()
    answer = await client.post(f"/call/{LIVE.id}/control", data=data, headers=JSON)
    assert (answer.status_code, (await answer.get_json())["code"]) == (400, "invalid-json")


async def test_depth_is_limited_before_anything_is_made_of_it() -> None:
    _, client = make()
    for depth, code in ((63, "unknown-type"), (64, "body-too-deep"), (2000, "body-too-deep")):
        inner = '{"a":[' * (depth // 2) + '"]}"' + "]}" * (depth // 2)
        data = '{"x":' + (f"[{inner}]" if depth % 2 else inner) + "}"
        answer = await client.post(f"/call/{LIVE.id}/control", data=data, headers=JSON)
        assert (answer.status_code, (await answer.get_json())["code"]) == (400, code)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_415(kind: str) -> None:
    _, client = make()
    answer = await client.post(
        f"/call/{LIVE.id}/control", data=b'{"type":"end-call"}', headers=AUTH | {"Content-Type": kind}
    )
    assert answer.status_code == 415


async def test_a_body_over_the_limit_is_413() -> None:
    _, client = make()
    answer = await client.post(f"/call/{LIVE.id}/control", data=b" " * 10_001, headers=JSON)
    assert (answer.status_code, (await answer.get_json())["code"]) == (413, "body-too-large")


async def test_control_needs_a_key() -> None:
    _, client = make()
    answer = await client.post(f"/call/{LIVE.id}/control", json={"type": "end-call"})
    assert answer.status_code == 401
