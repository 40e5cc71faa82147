"""Who may ask."""

from __future__ import annotations

import pytest

from aywa.settings import HttpSettings
from aywa_server.app import create_app
from aywa_server.auth import source_of
from tests.kit.api_parts import API_KEY, make_parts


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {API_KEY}"},
        {"Authorization": f"bearer  {API_KEY} "},
        {"X-API-Key": API_KEY},
        {"X-API-Key": "another-key-0123456789"},
    ],
)
async def test_either_header_and_every_key_will_do(headers: dict[str, str]) -> None:
    assert (await create_app(make_parts()).test_client().get("/call", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": API_KEY},
        {"Authorization": f"Basic {API_KEY}"},
        {"Authorization": "Bearer "},
        {"X-API-Key": API_KEY[:-1]},
        {"X-API-Key": "ключ"},
    ],
)
async def test_anything_else_is_401_with_a_challenge(headers: dict[str, str]) -> None:
    answer = await create_app(make_parts()).test_client().get("/call", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    body = await answer.get_json()
    assert (body["statusCode"], body["error"], body["code"]) == (401, "Unauthorized", "unauthorized")


async def test_without_any_key_nobody_gets_in() -> None:
    client = create_app(make_parts(http=HttpSettings())).test_client()
    assert (await client.get("/call", headers={"X-API-Key": API_KEY})).status_code == 401


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("<local>", "<local>"),
        ("", ""),
    ],
)
def test_an_ipv6_host_cannot_hide_in_its_network(address: str, source: str) -> None:
    assert source_of(address) == source
