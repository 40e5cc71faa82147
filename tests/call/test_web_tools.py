"""Requests of an assistant to web services: what the model chooses, and what it never does."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import trio

from aywa.call.servers import ToolRules, WebTool
from aywa.errors import OutboundError, OutboundFault
from aywa.ports.llm import ToolSpec
from aywa.ports.server_requests import WebAnswer
from tests.kit.tool_world import FakeRequests, answered, booking


def web(url: str = "https://api.example/rooms/{{ room }}?day={{ day }}", **more: Any) -> WebTool:
    schema = {"type": "object", "properties": {"room": {"type": "string"}, "day": {"type": "string"}}}
    return WebTool(ToolSpec("book", "Books.", schema), "POST", url, **more)


def json_answer(value: object, status: int = 200) -> WebAnswer:
    return WebAnswer(status, {"content-type": "application/json"}, json.dumps(value).encode())


async def test_a_request_to_a_service(autojump_clock: trio.testing.MockClock) -> None:
    headers = {
        "type": "object",
        "properties": {"X-House": {"type": "string", "value": "{{ house }}"}, "X-Day": {"type": "string"}},
    }
    body = {
        "type": "object",
        "properties": {
            "room": {"type": "string"},
            "source": {"type": "string", "value": "phone {{ customer.number }}"},
            "guest": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "vip": {"type": "boolean", "value": False}},
            },
        },
    }
    credential = UUID(int=9)
    tool = web(
        headers=headers, body=body, credential_id=credential, rules=ToolRules({"hotel": "{{ house }}"})
    )
    made = booking(
        tool,
        requests=FakeRequests(web=[json_answer({"number": 7})]),
        room="a/../b?x=1&y",
        day="friday & saturday",
        guest={"name": "Bo"},
    )
    made.variables = {"house": "Sun"}
    assert await answered(made) == {"result": {"number": 7}}
    (request,) = made.requests.fetched
    assert request.url == "https://api.example/rooms/a%2F..%2Fb%3Fx%3D1%26y?day=friday%20%26%20saturday"
    assert request.method == "POST"
    assert request.credential_id == credential
    assert dict(request.headers) == {"X-House": "Sun", "Content-Type": "application/json"}
    sent = json.loads(request.body)
    assert sent.pop("source").startswith("phone ")
    assert sent == {"room": "a/../b?x=1&y", "guest": {"name": "Bo", "vip": False}, "hotel": "Sun"}
    assert len(request.key) == 40


@pytest.mark.parametrize(
    ("url", "arguments"),
    [
        ("https://{{ host }}/x", {"host": "evil.example"}),
        ("https://api.example{{ host }}/x", {"host": ".evil.example"}),
        ("https://api.example{{ host }}", {"host": "@evil.example/"}),
        ("{{ url }}", {"url": "https://evil.example/"}),
        ("https://api.example:{{ port }}/", {"port": 22}),
        ("{{ scheme }}://api.example/", {"scheme": "http"}),
        ("https://api.example/{{ path }}/x", {"path": ".."}),
        ("https://{{ customer.number }}.example/", {}),
        ("https://api.example/{{ not_known }}", {}),
        ("file:///etc/passwd", {}),
        ("https://api.example/{{", {}),
    ],
)
async def test_what_is_said_never_chooses_where_a_request_goes(
    url: str, arguments: dict[str, object], autojump_clock: trio.testing.MockClock
) -> None:
    made = booking(web(url), requests=FakeRequests(web=[json_answer({})]), **arguments)
    assert "cannot be made" in (await answered(made))["error"]
    assert made.requests.fetched == []


async def test_the_operator_may_choose_the_host_by_a_variable(autojump_clock: trio.testing.MockClock) -> None:
    tool = web("{{ base }}/rooms/{{ room }}")
    made = booking(tool, requests=FakeRequests(web=[json_answer([1])]), room="7")
    made.variables = {"base": "https://api.example/v1"}
    assert await answered(made) == {"result": [1]}
    assert made.requests.fetched[0].url == "https://api.example/v1/rooms/7"


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (json_answer({"a": 1}, 404), {"error": 'the service answered 404: {"a": 1}'}),
        (WebAnswer(204, {}, b""), {"result": ""}),
        (WebAnswer(200, {"content-type": "text/plain"}, b"plain"), {"result": "plain"}),
        (
            WebAnswer(200, {"content-type": "application/json"}, b"{"),
            {"error": "the service answered no JSON: it is not JSON"},
        ),
        (OutboundError("refused", OutboundFault.REFUSED), {"error": "refused"}),
    ],
    ids=["404", "204", "text", "malformed", "refused"],
)
async def test_what_a_service_answers(
    answer: Any, result: dict[str, object], autojump_clock: trio.testing.MockClock
) -> None:
    made = booking(web("https://api.example/"), requests=FakeRequests(web=[answer]))
    assert await answered(made) == result
