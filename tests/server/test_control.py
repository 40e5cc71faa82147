"""Steering a live call, and everything that can be wrong with a command."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from aywa.call.control import AddMessage, Custom, HandOff, Kept, PressKeys, SayFirstMessage, SendSip
from aywa.call.plan import prompt_of
from aywa.ports.llm import Role
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
        ({"type": "control", "control": "stop-recording"}, ("steer", "stop-recording")),
        ({"message": {"type": "control", "control": "pause-card"}}, ("steer", "pause-card")),
        ({"type": "capture"}, ("capture", "headers")),
        ({"type": "capture", "mode": "full"}, ("capture", "full")),
        ({"message": {"type": "end-call"}}, ("end",)),
        ({"type": "control", "control": "say-first-message"}, (SayFirstMessage(),)),
        (
            {"type": "add-message", "message": {"role": "system", "content": " Hi. "}},
            (AddMessage(Role.SYSTEM, "Hi."),),
        ),
        (
            {
                "message": {
                    "type": "add-message",
                    "message": {"role": "developer", "content": "Hi."},
                    "triggerResponseEnabled": False,
                }
            },
            (AddMessage(Role.SYSTEM, "Hi.", respond=False),),
        ),
        ({"type": "dtmf", "digits": "1w#"}, (PressKeys("1w#"),)),
        ({"type": "custom", "name": "flag", "data": {"a": 1}}, (Custom("flag", {"a": 1}),)),
        (
            {
                "type": "send-transport-message",
                "message": {
                    "transport": "vapi.sip",
                    "sipVerb": "INFO",
                    "headers": {"X-A": "b", "content-type": "application/json"},
                    "body": "{}",
                },
            },
            (SendSip("INFO", (("X-A", "b"),), "application/json", b"{}"),),
        ),
        (
            {
                "type": "send-transport-message",
                "message": {"transport": "vapi.sip", "sipVerb": "MESSAGE", "body": "é"},
            },
            (SendSip("MESSAGE", (), "text/plain", "é".encode()),),
        ),
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
        ({"type": "add-message"}, "message"),
        ({"type": "add-message", "message": {"role": "tool", "content": "x"}}, "message.role"),
        ({"type": "add-message", "message": {"role": "user", "content": " "}}, "message.content"),
        ({"type": "dtmf", "digits": "12E"}, "digits"),
        ({"type": "dtmf", "digits": "1" * 33}, "digits"),
        ({"type": "custom"}, "name"),
        ({"type": "custom", "name": "a b"}, "name"),
        ({"type": "handoff", "destination": {"type": "assistant"}}, "destination"),
        (
            {
                "type": "handoff",
                "destination": {"type": "assistant", "assistantId": str(UUID(int=7))},
            },
            "destination.assistantId",
        ),
        (
            {"type": "handoff", "destination": {"type": "assistant", "assistant": {"name": 7}}},
            "destination.assistant.name",
        ),
        (
            {
                "type": "handoff",
                "destination": {
                    "type": "assistant",
                    "assistant": {"name": "x"},
                    "contextEngineeringPlan": {"type": "lastNMessages"},
                },
            },
            "destination.contextEngineeringPlan.maxMessages",
        ),
        (
            {
                "type": "send-transport-message",
                "message": {"transport": "vapi.sip", "sipVerb": "BYE"},
            },
            "message.vapi.sip.sipVerb",
        ),
        (
            {
                "type": "send-transport-message",
                "message": {"transport": "vapi.sip", "sipVerb": "INFO", "headers": {"Via": "x"}},
            },
            "message.headers",
        ),
        (
            {
                "type": "send-transport-message",
                "message": {
                    "transport": "vapi.sip",
                    "sipVerb": "INFO",
                    "headers": {"Content-Type": "a/b\r\nVia: x"},
                    "body": "x",
                },
            },
            "message.headers",
        ),
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
    _, answer, _ = await post({"type": "sing"})
    assert answer["message"] == (
        "type must be one of say, add-message, control, transfer, handoff, send-transport-message, dtmf, "
        "custom, end-call, capture"
    )


async def test_a_transport_that_no_call_has_is_refused_politely() -> None:
    message = {"transport": "twilio", "twiml": "<Response/>"}
    status, answer, commands = await post({"type": "send-transport-message", "message": message})
    assert (status, answer["code"], answer["field"]) == (409, "no-such-transport", "message.transport")
    assert commands == []


async def test_a_hand_off_names_an_assistant_of_the_organisation_or_a_whole_one() -> None:
    parts, client = make()
    made = await client.post("/assistant", json={"name": "Sales", "firstMessage": "Sales."}, headers=AUTH)
    id = (await made.get_json())["id"]
    whole = {
        "name": "Whole",
        "model": {"provider": "scripted", "messages": [{"role": "system", "content": "Be."}]},
    }
    for destination in ({"assistantId": id}, {"assistant": whole}):
        body = {
            "type": "handoff",
            "content": "One moment.",
            "destination": {
                "type": "assistant",
                "contextEngineeringPlan": {"type": "lastNMessages", "maxMessages": 2},
                **destination,
            },
        }
        answer = await client.post(f"/call/{LIVE.id}/control", json=body, headers=AUTH)
        assert answer.status_code == 200, await answer.get_json()
    assert isinstance(parts.calls, SpyCalls)
    named, inline = (command for _, command in parts.calls.commands)
    assert isinstance(named, HandOff)
    assert isinstance(inline, HandOff)
    assert (named.plan.assistant.name, named.plan.assistant_id, named.content) == ("Sales", id, "One moment.")
    assert (named.kept, named.last) == (Kept.LAST, 2)
    assert (inline.plan.assistant.name, inline.plan.assistant_id) == ("Whole", "")
    assert prompt_of(inline.plan.assistant, "") == "Be."


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
