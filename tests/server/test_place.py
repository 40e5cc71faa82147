"""Placing a call by the API, and everything that can be wrong with the order."""

from __future__ import annotations

from typing import Any

import pytest

from aywa.call.dial import DialRefused, DialRequest
from aywa.call.outbound import CallOrder
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import LimitReached
from aywa.errors import AywaError, OverloadedError
from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, SpyCalls, make_parts

CUSTOMER = {"number": "+493012345678"}


async def post(
    body: object, path: str = "/call", refusal: AywaError | None = None
) -> tuple[Any, Any, list[CallOrder]]:
    """The answer, its body, and what was placed."""
    parts = make_parts()
    assert isinstance(parts.calls, SpyCalls)
    parts.calls.refusal = refusal
    answer = await create_app(parts).test_client().post(path, json=body, headers=AUTH)
    return answer, await answer.get_json(), parts.calls.placed


@pytest.mark.parametrize("path", ["/call", "/call/phone"])
async def test_a_call_is_placed(path: str) -> None:
    body = {
        "customer": {"number": "+49 30 12345678", "name": "Erika Mustermann", "extension": "12#"},
        "phoneNumberId": "carrier",
        "fromNumber": "+4930990",
        "ringTimeoutSeconds": 20,
        "earlyMedia": False,
        "headers": {"X-Ticket": "4711"},
    }
    answer, call, placed = await post(body, path)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/call/{call['id']}")
    assert (call["type"], call["status"]) == ("outboundPhoneCall", "queued")
    assert call["customer"]["name"] == "Erika Mustermann"
    (order,) = placed
    assert (order.name, order.extension) == ("Erika Mustermann", "12#")
    assert len(order.request.owner) == 12
    assert order.request == DialRequest(
        "+49 30 12345678",
        from_number="+4930990",
        trunk="carrier",
        headers=(("X-Ticket", "4711"),),
        ring_timeout_s=20,
        early_media=False,
        owner=order.request.owner,
    )


async def test_what_is_not_said_is_as_the_settings_say() -> None:
    _, _, (order,) = await post({"customer": {"sipUri": "sip:210@pbx.example"}})
    assert order.request.destination == "sip:210@pbx.example"
    assert (order.request.ring_timeout_s, order.request.early_media) == (45, True)
    assert (order.request.trunk, order.request.from_number) == (None, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "customer"),
        ({"customer": {}}, "customer"),
        ({"customer": {"number": "+49301", "sipUri": "sip:a@b"}}, "customer"),
        ({"customer": "+493012345678"}, "customer"),
        ({"customer": {"number": 493012345678}}, "customer.number"),
        ({"customer": {"number": ""}}, "customer.number"),
        ({"customer": {"number": "1" * 61}}, "customer.number"),
        ({"customer": {"sipUri": "tel:+493012345678"}}, "customer.sipUri"),
        ({"customer": CUSTOMER | {"extension": "12p3"}}, "customer.extension"),
        ({"customer": CUSTOMER | {"name": "E" * 41}}, "customer.name"),
        ({"customer": CUSTOMER | {"name": "E\r\nVia: x"}}, "customer.name"),
        ({"customer": CUSTOMER | {"email": "a@b"}}, "customer.email"),
        ({"customer": CUSTOMER, "ringTimeoutSeconds": 1}, "ringTimeoutSeconds"),
        ({"customer": CUSTOMER, "ringTimeoutSeconds": "20"}, "ringTimeoutSeconds"),
        ({"customer": CUSTOMER, "earlyMedia": "yes"}, "earlyMedia"),
        ({"customer": CUSTOMER, "phoneNumberId": ""}, "phoneNumberId"),
        ({"customer": CUSTOMER, "headers": {"Via": "SIP/2.0/UDP x"}}, "headers"),
        ({"customer": CUSTOMER, "headers": {"X-A": "a\r\nVia: x"}}, "headers"),
        ({"customer": CUSTOMER, "customers": [CUSTOMER]}, "customers"),
        ({"customers": []}, "customers"),
        ({"customers": CUSTOMER}, "customers"),
        ({"customers": [CUSTOMER] * 101}, "customers"),
        ({"customers": [CUSTOMER], "ringTimeoutSeconds": "soon"}, "ringTimeoutSeconds"),
        ({"customers": [CUSTOMER], "headers": {"Via": "x"}}, "headers"),
        ({"customer": CUSTOMER, "assistantId": "a"}, "assistantId"),
        ({"customer": CUSTOMER, "assistant": {"name": 5}}, "assistant.name"),
        ({"customer": CUSTOMER, "assistant": 5}, "assistant"),
        ({"customer": CUSTOMER, "phoneNumberId": "00000000-0000-4000-8000-000000000009"}, "phoneNumberId"),
        ({"customer": CUSTOMER, "unheardOf": 1}, "unheardOf"),
    ],
)
async def test_every_fault_names_its_field(body: object, field: str) -> None:
    answer, problem, placed = await post(body)
    assert (answer.status_code, problem["field"]) == (400, field)
    assert field.rpartition(".")[2] in problem["message"]
    assert not placed


@pytest.mark.parametrize(
    ("refusal", "status", "code", "retry_after"),
    [
        (BadNumber("must begin with + and the country code"), 400, "invalid-number", None),
        (DialRefused("not on the list"), 403, "destination-not-allowed", None),
        (LimitReached("key:a", "per_day", 3600), 429, "dial-limit", "3600"),
        (OverloadedError("the worker is draining"), 503, "overloaded", "5"),
    ],
)
async def test_what_forbids_a_call(
    refusal: AywaError, status: int, code: str, retry_after: str | None
) -> None:
    answer, problem, _ = await post({"customer": CUSTOMER}, refusal=refusal)
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == retry_after
    if status == 400:
        assert problem["field"] == "customer.number"


async def test_a_key_is_needed() -> None:
    parts = make_parts()
    answer = await create_app(parts).test_client().post("/call", json={"customer": CUSTOMER})
    assert answer.status_code == 401


async def test_several_customers_and_one_answer() -> None:
    customers = [CUSTOMER, {"name": "nowhere"}, "a string", {"sipUri": "sip:210@pbx", "name": "Desk"}]
    answer, body, placed = await post({"customers": customers, "fromNumber": "+4930990"})
    assert answer.status_code == 201
    assert [order.request.destination for order in placed] == ["+493012345678", "sip:210@pbx"]
    assert {order.request.from_number for order in placed} == {"+4930990"}
    assert [call["status"] for call in body["results"]] == ["queued", "queued"]
    assert len({call["id"] for call in body["results"]}) == 2
    assert [error["customer"] for error in body["errors"]] == [{"name": "nowhere"}, "a string"]
    assert {(error["code"], error["statusCode"]) for error in body["errors"]} == {("invalid-field", 400)}


@pytest.mark.parametrize(
    ("refusal", "code", "status"),
    [
        (DialRefused("The destination is not on the list"), "destination-not-allowed", 403),
        (BadNumber("too short"), "invalid-number", 400),
        (OverloadedError("the worker is draining"), "overloaded", 503),
    ],
)
async def test_none_of_several(refusal: AywaError, code: str, status: int) -> None:
    answer, body, placed = await post({"customers": [CUSTOMER, CUSTOMER]}, refusal=refusal)
    assert (answer.status_code, placed, body["results"]) == (400, [], [])
    assert [(error["code"], error["statusCode"]) for error in body["errors"]] == [(code, status)] * 2


async def test_who_leads_the_call() -> None:
    """The assistant that the order names, else the one that its number is bound to."""
    parts = make_parts()
    assert isinstance(parts.calls, SpyCalls)
    client = create_app(parts).test_client()

    async def made(path: str, body: object) -> str:
        answer = await client.post(path, json=body, headers=AUTH)
        assert answer.status_code == 201, await answer.get_data(as_text=True)
        return str((await answer.get_json())["id"])

    desk = await made("/assistant", {"name": "Desk"})
    night = await made("/assistant", {"name": "Night"})
    number = {"provider": "byo-phone-number", "number": "+4930990", "assistantId": night}
    bound = await made("/phone-number", number)
    await made("/call", {"customer": CUSTOMER, "assistantId": desk})
    await made("/call", {"customer": CUSTOMER, "assistant": {"name": "Inline"}})
    await made("/call", {"customer": CUSTOMER, "phoneNumberId": bound})
    await made("/call", {"customer": CUSTOMER, "phoneNumberId": bound, "assistantId": desk})
    await made("/call", {"customer": CUSTOMER, "phoneNumberId": "carrier"})
    led = [None if order.plan is None else order.plan for order in parts.calls.placed]
    names = [None if plan is None or plan.assistant is None else plan.assistant.name for plan in led]
    assert names == ["Desk", "Inline", "Night", "Desk", None]
    assert [None if plan is None else plan.assistant_id for plan in led] == [desk, "", night, desk, ""]
    shown = [order.request.from_number for order in parts.calls.placed]
    assert shown == [None, None, "+4930990", "+4930990", None]
