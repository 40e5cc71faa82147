"""The endpointing server over HTTP: what is sent, what is believed, and where nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ProviderError
from aywa.providers.endpointing_webhook import EndpointingWebhook, open_endpointing_webhook
from aywa.providers.public_addresses import PrivateAddressError, checked_address, is_allowed, networks

PUBLIC = "93.184.216.34"


async def public(host: str, port: int) -> list[str]:
    return [PUBLIC]


def webhook(
    answer: Callable[[httpx.Request], httpx.Response], url: str = "https://voice.example.com/end?a=1"
):  # type: ignore[no-untyped-def]
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return EndpointingWebhook(client, url, {"x-key": "secret"}, resolve=public)


async def test_what_is_sent_and_understood() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"timeoutSeconds": 1.25})

    message = {"type": "call.endpointing.request", "messages": []}
    assert await webhook(answer).advise(message) == 1.25
    (request,) = seen
    assert json.loads(request.content) == {"message": message}
    assert request.method == "POST"
    assert str(request.url) == f"https://{PUBLIC}/end?a=1"  # the address that was checked
    assert request.headers["host"] == "voice.example.com"
    assert request.headers["x-key"] == "secret"
    assert request.extensions["sni_hostname"] == "voice.example.com"


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"location": "http://127.0.0.1/"}),
        httpx.Response(200, text="soon"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"timeoutSeconds": "1"}),
        httpx.Response(200, json={"timeoutSeconds": True}),
        httpx.Response(200, json={"timeoutSeconds": -1}),
        httpx.Response(200, json={"timeoutSeconds": 15.1}),
        httpx.Response(200, text='{"timeoutSeconds": NaN}'),
        httpx.Response(200, text='{"timeoutSeconds": 1' + "0" * 400 + "}"),
        httpx.Response(200, text="[" * 4000),
        httpx.Response(200, text='{"timeoutSeconds": 1, "padding": "' + "x" * 5000 + '"}'),
    ],
)
async def test_an_answer_that_says_nothing_is_a_failure(response: httpx.Response) -> None:
    with pytest.raises(ProviderError):
        await webhook(lambda _: response).advise({})


async def test_a_server_that_is_not_there_is_a_failure() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ProviderError, match="could not be asked"):
        await webhook(refuse).advise({})


@given(st.binary(max_size=200))
def test_any_body_is_a_wait_or_a_failure(body: bytes) -> None:
    import trio

    async def ask() -> None:
        try:
            wait_s = await webhook(lambda _: httpx.Response(200, content=body)).advise({})
        except ProviderError:
            return
        assert 0.0 <= wait_s <= 15.0

    trio.run(ask)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254", "0.0.0.0", "localhost"]
)
async def test_nothing_is_sent_into_a_private_network(host: str) -> None:
    async with open_endpointing_webhook(f"http://{host}:9/", {}) as advisor:
        with pytest.raises(ProviderError, match="private network"):
            await advisor.advise({})


async def test_one_private_address_among_public_ones_is_enough() -> None:
    async def both(host: str, port: int) -> list[str]:
        return [PUBLIC, "10.0.0.1"]

    with pytest.raises(PrivateAddressError):
        await checked_address("voice.example.com", 443, (), both)


async def test_a_network_that_is_allowed_may_be_asked() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.20.0.7"]

    assert await checked_address("ends", 80, networks(("10.20.0.0/16",)), inside) == "10.20.0.7"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True),
        ("2606:2800:220:1::1", True),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a00:1", False),  # 10.0.0.1 behind NAT64
        ("2002:a00:1::", False),  # and by 6to4
    ],
)
def test_what_is_public(address: str, allowed: bool) -> None:
    assert is_allowed(address, ()) is allowed
