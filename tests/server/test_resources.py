"""The other resources: numbers, tools, credentials, endpoints, outputs, files, and requests sent again."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
import trio
from quart.datastructures import FileStorage

from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.resources import ResourceKind
from aywa.store.sealing import SealedRow
from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, SpyCalls, make_parts
from tests.kit.resource_store import SEALER, DictResources

KEY = {"Idempotency-Key": "once-1"}
BODIES: dict[str, dict[str, Any]] = {
    "phone-number": {"provider": "byo-phone-number", "number": "+4930123456"},
    "tool": {"type": "function", "function": {"name": "look_up"}, "async": True},
    "credential": {"provider": "openai", "apiKey": "sk-very-secret", "name": "Ours"},
    "webhook-endpoint": {"url": "https://example.com/in", "events": ["end-of-call-report"]},
    "structured-output": {"name": "Booking", "schema": {"type": "object", "properties": {}}},
}


async def send(client: Any, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """The status and the body of the answer."""
    options = {} if body is None else {"json": body}
    answer = await client.open(path, method=method, headers={**AUTH, **headers}, **options)
    return answer.status_code, await answer.get_json()


@pytest.mark.parametrize("noun", BODIES)
async def test_the_five_verbs(noun: str) -> None:
    client = create_app(make_parts()).test_client()
    status, made = await send(client, "POST", f"/{noun}", BODIES[noun])
    assert status == 201, made
    path = f"/{noun}/{made['id']}"
    shown = {**BODIES[noun], **({"apiKey": "redacted"} if noun == "credential" else {})}
    assert {name: made[name] for name in shown} == shown
    assert (await send(client, "GET", path)) == (200, made)
    assert (await send(client, "GET", f"/{noun}")) == (200, [made])
    status, changed = await send(client, "PATCH", path, {"nonsense": 1})
    assert (status, changed["field"]) == (400, "nonsense")
    assert (await send(client, "DELETE", path)) == (200, made)
    assert (await send(client, "GET", path))[0] == 404
    other = next(each for each in BODIES if each != noun)
    assert (await send(client, "GET", f"/{other}/{made['id']}"))[0] == 404


@pytest.mark.parametrize(
    ("noun", "body", "field"),
    [
        ("phone-number", {}, "provider"),
        ("phone-number", {"provider": "smoke"}, "provider"),
        ("phone-number", {"provider": "byo-phone-number", "number": "12"}, "number"),
        ("phone-number", {"provider": "byo-phone-number"}, "number"),
        ("phone-number", {"provider": "vapi", "sipUri": "sip:nobody"}, "sipUri"),
        ("tool", {"type": "function", "function": {"name": "no spaces"}}, "function.name"),
        ("tool", {"type": "sms"}, "type"),
        ("credential", {"provider": "openai"}, "apiKey"),
        ("credential", {"provider": "openai", "apiKey": "redacted"}, "apiKey"),
        ("credential", {"provider": "byo-sip-trunk", "gateways": [{"ip": "a.example"}]}, "gateways.0"),
        ("structured-output", {"name": "x", "schema": {}}, "schema"),
        ("structured-output", {"name": "x", "schema": {"type": "object"}, "type": "regex"}, "regex"),
        ("webhook-endpoint", {"url": "javascript:alert(1)"}, "url"),
        ("webhook-endpoint", {"url": "https://a.example", "headers": {"X-A": "b\r\nc: d"}}, "headers.X-A"),
    ],
)
async def test_what_is_refused(noun: str, body: dict[str, Any], field: str) -> None:
    client = create_app(make_parts()).test_client()
    status, told = await send(client, "POST", f"/{noun}", body)
    assert status == 400, told
    assert told["field"] == field, told


async def test_a_secret_is_sealed_and_survives_a_change() -> None:
    parts = make_parts()
    client = create_app(parts).test_client()
    _, made = await send(client, "POST", "/credential", BODIES["credential"])
    await send(client, "PATCH", f"/credential/{made['id']}", {"name": "Theirs", "apiKey": "redacted"})
    store = parts.resources.store
    assert isinstance(store, DictResources)
    (row,) = store.rows.values()
    assert "sk-very-secret" not in str(row)
    bound = SealedRow(DEFAULT_ORGANIZATION, ResourceKind.CREDENTIAL.value, row.id)
    assert SEALER.open(bound, row.sealed) == {"/apiKey": "sk-very-secret"}
    await send(client, "PATCH", f"/credential/{made['id']}", {"apiKey": "sk-another"})
    assert SEALER.open(bound, store.rows[row.id].sealed) == {"/apiKey": "sk-another"}


async def test_a_file_comes_back_as_it_was() -> None:
    parts = make_parts()
    client = create_app(parts).test_client()
    upload = FileStorage(
        BytesIO(b"\x00\x01" * 900), filename="../a manual.pdf", content_type="application/pdf"
    )
    answer = await client.post(
        "/file", files={"file": upload}, form={"metadata": '{"a": 1}', "purpose": "p"}, headers=AUTH
    )
    made = await answer.get_json()
    assert answer.status_code == 201, made
    assert (made["name"], made["bytes"], made["mimetype"]) == ("a manual.pdf", 1800, "application/pdf")
    assert (made["metadata"], made["purpose"], made["status"]) == ({"a": 1}, "p", "done")
    content = await client.get(f"/file/{made['id']}/content", headers=AUTH)
    assert await content.get_data(as_text=False) == b"\x00\x01" * 900
    assert content.headers["Content-Disposition"].startswith("attachment")
    status, told = await send(client, "PATCH", f"/file/{made['id']}", {"bytes": 5})
    assert (status, told["field"]) == (400, "bytes")
    assert (await send(client, "PATCH", f"/file/{made['id']}", {"name": "b.pdf"}))[1]["name"] == "b.pdf"
    assert (await send(client, "DELETE", f"/file/{made['id']}"))[0] == 200
    assert (await send(client, "GET", f"/file/{made['id']}/content"))[0] == 404
    assert (await send(client, "POST", "/file", {}))[0] == 415


async def test_a_request_that_is_sent_again_does_nothing() -> None:
    parts = make_parts()
    client = create_app(parts).test_client()
    first = await send(client, "POST", "/tool", BODIES["tool"], **KEY)
    again = await client.post("/tool", json=BODIES["tool"], headers={**AUTH, **KEY})
    assert (again.status_code, await again.get_json()) == first
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"].endswith(first[1]["id"])
    assert len(parts.resources.store.rows) == 1  # type: ignore[attr-defined]
    status, told = await send(client, "POST", "/tool", {**BODIES["tool"], "async": False}, **KEY)
    assert (status, told["field"]) == (422, "Idempotency-Key")
    status, told = await send(client, "POST", "/tool", BODIES["tool"], **{"Idempotency-Key": "a b"})
    assert (status, told["field"]) == (400, "Idempotency-Key")
    refused = await send(client, "POST", "/tool", {}, **{"Idempotency-Key": "k2"})
    assert refused[0] == 400
    assert (await send(client, "POST", "/tool", BODIES["tool"], **{"Idempotency-Key": "k2"}))[0] == 201


async def test_a_call_is_placed_once_and_twins_do_not_run_together() -> None:
    parts = make_parts()
    assert isinstance(parts.calls, SpyCalls)
    client = create_app(parts).test_client()
    body = {"customer": {"number": "+493012345678"}}
    codes: list[int] = []

    async def place() -> None:
        codes.append((await send(client, "POST", "/call", body, **KEY))[0])

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(place)
    assert codes.count(201) >= 1
    assert set(codes) <= {201, 409}
    assert (await send(client, "POST", "/call", body, **KEY))[0] == 201
    assert len(parts.calls.placed) == 1


async def test_what_a_number_names_must_be_there() -> None:
    client = create_app(make_parts()).test_client()
    body = {**BODIES["phone-number"], "assistantId": str(uuid4())}
    status, told = await send(client, "POST", "/phone-number", body)
    assert (status, told["code"], told["field"]) == (409, "unknown-reference", "assistantId")
    await send(client, "POST", "/phone-number", BODIES["phone-number"])
    twin = {**BODIES["phone-number"], "number": "0049 (30) 123-456", "numberE164CheckEnabled": False}
    status, told = await send(client, "POST", "/phone-number", twin)
    assert (status, told["code"]) == (409, "already-exists")


async def test_a_patch_cannot_take_away_a_field_that_there_is_not() -> None:
    client = create_app(make_parts()).test_client()
    _, made = await send(
        client, "POST", "/tool", {**BODIES["tool"], "server": {"url": "https://example.com/t"}}
    )
    path = f"/tool/{made['id']}"
    for name in ("", "servers"):
        status, problem = await send(client, "PATCH", path, {name: None, "server": None})
        assert (status, problem["code"], problem["field"]) == (400, "invalid-field", name)
    assert (await send(client, "GET", path))[1]["server"]["url"] == "https://example.com/t"
    status, changed = await send(client, "PATCH", path, {"server": None})
    assert (status, changed.get("server")) == (200, None)
