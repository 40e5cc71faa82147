"""Requests to servers: signed like messages, bounded as a whole, and never into a private network unasked."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
import trio
from standardwebhooks.webhooks import Webhook

from aywa.errors import OutboundError, OutboundFault
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.server_body import ServerBody
from aywa.outbound.client import open_outbound
from aywa.outbox.requests import Requests
from aywa.outbox.sending import Sender
from aywa.outbox.targets import ConfiguredTargets, Target
from aywa.proto.outbound_rules import outbound_rules
from tests.kit.outbox_world import now
from tests.kit.webhook_server import WebhookServer, open_webhook_server

MESSAGE = {"type": "assistant-request", "call": {"id": "1"}, "text": "ünïcödé \ud800"}


@asynccontextmanager
async def world(private: str = "127.0.0.0/8") -> AsyncIterator[tuple[Requests, WebhookServer]]:
    async with open_webhook_server() as server, open_outbound(outbound_rules((private,))) as client:
        target = Target(server.url("/account"), {"x-own": "yes"}, secret="older")
        targets = ConfiguredTargets(None, target)
        yield Requests(Sender(client, [b"key"]), targets, clock=now, rng=Random(1)), server


async def ask(
    requests: Requests, whom: str | ServerBody = "account", bound_s: float = 5.0, **how: Any
) -> Any:
    return await requests.ask(DEFAULT_ORGANIZATION, whom, MESSAGE, bound_s=bound_s, **how)


async def test_it_is_signed_like_a_message() -> None:
    async with world() as (requests, server):
        server.body = lambda _: b'{"assistantId": "a"}'
        assert await ask(requests) == {"assistantId": "a"}
        assert await ask(requests, ServerBody(url=server.url("/tool"))) == {"assistantId": "a"}
        account, tool = server.received
        for request in (account, tool):
            Webhook(b64encode(b"key").decode()).verify(request.body, request.headers)
            assert request.message["type"] == "assistant-request"
            assert request.id.startswith("req_")
        assert (account.headers["x-own"], account.headers["x-vapi-secret"]) == ("yes", "older")
        assert tool.path == "/tool"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"{}", "answered 500"),
        (302, b"{}", "answered 302"),
        (200, b"", "no JSON"),
        (200, b"[1]", "no JSON object"),
        (200, b"[" * 5000, "no JSON"),
        (201, b"{}", "answered 201"),
        (200, b" " * (1 << 20) + b"{}", "larger"),
    ],
    ids=["500", "302", "empty", "list", "deep", "201", "long"],
)
async def test_what_is_no_answer(status: int, body: bytes, why: str) -> None:
    async with world() as (requests, server):
        server.answer = lambda _: (status, {})
        server.body = lambda _: body
        with pytest.raises(OutboundError, match=why) as error:
            await ask(requests, only_200=True)
        assert "127.0.0.1" not in error.value.detail


async def test_any_2xx_is_one_where_not_only_200_is() -> None:
    async with world() as (requests, server):
        server.answer = lambda _: (201, {})
        server.body = lambda _: b"{}"
        assert await ask(requests) == {}


async def test_the_bound_is_for_all_of_it() -> None:
    async with world() as (requests, server):
        server.answer = lambda _: None
        began = trio.current_time()
        with pytest.raises(OutboundError) as error:
            await ask(requests, bound_s=0.2)
        assert error.value.fault is OutboundFault.TIMEOUT
        assert trio.current_time() - began < 5.0


async def test_nobody_named_and_nobody_who_may_be_asked() -> None:
    async with world("10.0.0.0/8") as (requests, server):
        for whom, why in (
            ("assistant", "no longer named"),
            ("account", "public internet"),
            (ServerBody(url=server.url()), "public internet"),
        ):
            with pytest.raises(OutboundError, match=why) as error:
                await ask(requests, whom)
            assert error.value.fault is OutboundFault.REFUSED
        assert server.received == []


async def sound(requests: Requests, bound_s: float = 5.0) -> bytes:
    made = bytearray()
    async with requests.stream(DEFAULT_ORGANIZATION, "account", MESSAGE, bound_s=bound_s) as pieces:
        async for piece in pieces:
            made += piece
    return bytes(made)


async def test_sound_is_read_as_it_comes() -> None:
    pcm = bytes(range(256)) * 500
    async with world() as (requests, server):
        server.body = lambda _: pcm
        assert await sound(requests) == pcm
        assert json.loads(server.received[0].body)["message"]["type"] == "assistant-request"
        async with requests.stream(DEFAULT_ORGANIZATION, "account", MESSAGE, bound_s=5.0) as pieces:
            async for _ in pieces:
                break  # a caller who interrupts
        assert await sound(requests) == pcm, "the way is free again"


async def test_what_is_no_sound() -> None:
    async with world() as (requests, server):
        server.answer = lambda _: (500, {})
        with pytest.raises(OutboundError, match="500"):
            await sound(requests)
        server.answer = lambda _: (200, {"Content-Type": "application/json"})
        with pytest.raises(OutboundError, match="JSON"):
            await sound(requests)
        server.answer = lambda _: None
        with pytest.raises(OutboundError, match="longer"):
            await sound(requests, 0.2)
