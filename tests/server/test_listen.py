"""The websockets of calls before they are opened: who is let in, and who learns of nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import trio
from quart.testing.connections import WebsocketDisconnectError
from quart.testing.connections import WebsocketResponseError as Refused

from aywa.call.overhearing import Overhearing
from aywa.call.timeline import Timeline
from aywa_server.app import create_app
from aywa_server.call_tokens import CallTokens, Door
from tests.kit.api_parts import AUTH, DictCallStore, SpyCalls, make_parts
from tests.kit.call_store_contract import OTHER_ORGANIZATION, call_row

TOKENS = CallTokens(b"t" * 32)
LIVE = call_row(1, monitor=None)


def make(**changes: Any) -> tuple[SpyCalls, Any]:
    row = replace(LIVE, **changes)
    parts = make_parts(DictCallStore({row.id: row}))
    assert isinstance(parts.calls, SpyCalls)
    parts.calls.overheard[row.id] = Overhearing(Timeline(row.id))
    return parts.calls, create_app(parts).test_client()


async def refusal(client: Any, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """The status and the code that a websocket is refused with."""
    try:
        async with client.websocket(path, headers=headers or {}) as socket:
            await socket.receive()
    except ExceptionGroup as group:
        refused = leaf(group)
        assert isinstance(refused, Refused)
        return refused.response.status_code, json.loads(await refused.response.get_data())["code"]
    raise AssertionError("it was opened")


def leaf(error: BaseException) -> BaseException:
    """The only error in a group."""
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    return error


async def joined(call: Overhearing) -> None:
    """Until somebody listens."""
    with trio.fail_after(5):
        while not call._listeners:  # noqa: ASYNC110 - another task's state
            await trio.sleep(0.01)


async def test_a_listener_comes_in_by_token_or_by_key() -> None:
    calls, client = make()
    call = calls.overheard[LIVE.id]
    for path, headers in (
        (TOKENS.url("", LIVE.id, Door.LISTEN), {}),
        (f"/call/{LIVE.id}/listen", AUTH),
    ):
        with trio.fail_after(5):
            async with client.websocket(path, headers=headers) as socket:
                await socket.send("anything")
                await joined(call)
                call.status("in-progress")
                assert json.loads(await socket.receive()) == {
                    "type": "status-update",
                    "status": "in-progress",
                }


async def test_the_end_of_the_call_is_the_end_of_listening() -> None:
    calls, client = make()
    call, ended = calls.overheard[LIVE.id], {}
    with trio.fail_after(5):
        try:
            async with client.websocket(TOKENS.url("", LIVE.id, Door.LISTEN)) as socket:
                await joined(call)
                call.close("customer-ended-call")
                ended = json.loads(await socket.receive())
                await socket.receive()
        except* WebsocketDisconnectError:
            pass  # the websocket is closed
    assert ended["endedReason"] == "customer-ended-call"


@pytest.mark.parametrize("door", ["listen", "transport"])
async def test_without_token_or_key_nothing_opens(door: str) -> None:
    _, client = make()
    path = f"/call/{LIVE.id}/{door}"
    assert await refusal(client, path) == (401, "unauthorized")
    assert await refusal(client, f"{path}?token=x") == (401, "unauthorized")
    other = TOKENS.token(str(UUID(int=9)), Door(door))
    assert await refusal(client, f"{path}?token={other}") == (401, "unauthorized")
    wrong_door = TOKENS.token(LIVE.id, Door.CONTROL)
    assert await refusal(client, f"{path}?token={wrong_door}") == (401, "unauthorized")


@pytest.mark.parametrize("door", ["listen", "transport"])
async def test_another_organisations_call_is_unknown_to_a_key(door: str) -> None:
    _, client = make(org_id=OTHER_ORGANIZATION)
    assert await refusal(client, f"/call/{LIVE.id}/{door}", AUTH) == (404, "call-not-found")


@pytest.mark.parametrize("door", ["listen", "transport"])
async def test_a_call_that_is_not_here_cannot_be_joined(door: str) -> None:
    calls, client = make()
    calls.elsewhere.add(LIVE.id)
    assert await refusal(client, f"/call/{LIVE.id}/{door}", AUTH) == (409, "call-not-live")
    url = TOKENS.url("", LIVE.id, Door(door))
    assert await refusal(client, url) == (409, "call-not-live")


async def test_a_call_by_telephone_has_no_websocket() -> None:
    _, client = make()
    url = TOKENS.url("", LIVE.id, Door.TRANSPORT)
    assert await refusal(client, url) == (409, "call-not-live")


@pytest.mark.parametrize(
    ("plan", "by_token", "by_key"),
    [
        ({"listen": False}, (403, "monitoring-disabled"), (403, "listening-disabled")),
        ({"listenAuthentication": True}, (401, "unauthorized"), None),
    ],
)
async def test_the_assistants_plan_holds(
    plan: dict[str, bool], by_token: tuple[int, str], by_key: tuple[int, str] | None
) -> None:
    calls, client = make(monitor=plan)
    url = TOKENS.url("", LIVE.id, Door.LISTEN)
    assert await refusal(client, url) == by_token
    if by_key is not None:
        assert await refusal(client, f"/call/{LIVE.id}/listen", AUTH) == by_key
        return
    with trio.fail_after(5):
        async with client.websocket(url, headers=AUTH) as socket:
            await joined(calls.overheard[LIVE.id])
            calls.overheard[LIVE.id].status("ringing")
            assert "ringing" in await socket.receive()
