"""Browsers of other origins: only those that are configured, and only with a key."""

from __future__ import annotations

from aywa.settings import HttpSettings
from aywa_server.app import create_app
from tests.kit.api_parts import API_KEY, make_parts

CONSOLE = "https://console.example.com"
HTTP = HttpSettings(api_keys=(API_KEY,), cors_origins=(CONSOLE,))
ASKS = {"Access-Control-Request-Method": "POST"}


async def test_a_preflight_of_a_known_origin_needs_no_key() -> None:
    client = create_app(make_parts(http=HTTP)).test_client()
    answer = await client.options("/call/x/control", headers={"Origin": CONSOLE, **ASKS})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == CONSOLE
    assert "X-API-Key" in answer.headers["Access-Control-Allow-Headers"]


async def test_the_request_itself_does() -> None:
    client = create_app(make_parts(http=HTTP)).test_client()
    assert (await client.get("/call", headers={"Origin": CONSOLE})).status_code == 401
    answer = await client.get("/call", headers={"Origin": CONSOLE, "X-API-Key": API_KEY})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, CONSOLE)


async def test_other_origins_get_no_permission() -> None:
    client = create_app(make_parts(http=HTTP)).test_client()
    for headers in ({"Origin": "https://evil.example.com", **ASKS}, {"Origin": "null", **ASKS}):
        answer = await client.options("/call", headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers
