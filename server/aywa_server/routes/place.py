"""`POST /call` and `POST /call/phone`: call somebody, or make a call that somebody joins."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from quart import Blueprint, Response, jsonify, request

from aywa.call.outbound import CallOrder
from aywa.dialling.numbers import BadNumber
from aywa.errors import AywaError, RequestError
from aywa.model.api_key import KeyScope
from aywa.model.web_call_order import WEBSOCKET
from aywa.ports.store import CallType
from aywa_server.body import read_json_object
from aywa_server.call_assistant import leading_plan
from aywa_server.call_order import bad_number, parse_order, parse_orders
from aywa_server.call_view import call_resource
from aywa_server.caller import caller, needs
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url, tokens_for_caller
from aywa_server.routes.resources import org_of_request
from aywa_server.routes.web import place_web_call


def place_routes(parts: Parts) -> Blueprint:
    """The two routes, which do the same."""
    routes = Blueprint("place", __name__)

    @routes.post("/call")
    @routes.post("/call/phone", endpoint="place_phone")
    @needs(KeyScope.CALLS)
    async def place_call() -> Response:
        body = await read_json_object()

        async def make(id: UUID | None) -> Response:
            if request.path.rstrip("/") == "/call" and _by_websocket(body):
                return await place_web_call(parts, body, CallType.WEBSOCKET)
            return await _answer(parts, body)

        return await parts.once.answer(org_of_request(), body, make)

    return routes


def _by_websocket(body: dict[str, object]) -> bool:
    """Whether the call asked for needs no telephone."""
    transport = body.get("transport")
    return isinstance(transport, dict) and transport.get("provider") == WEBSOCKET


async def _answer(parts: Parts, asked: dict[str, object]) -> Response:
    owner, (body, plan) = caller(), await leading_plan(parts, asked)
    if "customers" in body:
        orders = [
            replace(order, plan=plan) if isinstance(order, CallOrder) else order
            for order in parse_orders(body, parts.dial, owner)
        ]
        answer = await _place_all(parts, body["customers"], orders)
        response = jsonify(answer)
        response.status_code = 201 if answer["results"] else 400
        return response
    call = await _place(parts, replace(parse_order(body, parts.dial, owner), plan=plan))
    response = jsonify(call)
    response.status_code = 201
    response.headers["Location"] = f"{base_url(parts)}/call/{call['id']}"
    return response


async def _place(parts: Parts, order: CallOrder) -> dict[str, object]:
    """The call as the API shows it. Raises what forbids it."""
    try:
        row = await parts.calls.place(order)
    except BadNumber as error:
        raise bad_number(error, order) from None
    return call_resource(row, base_url(parts), tokens=tokens_for_caller(parts)).to_json()


async def _place_all(
    parts: Parts, customers: object, orders: list[CallOrder | RequestError]
) -> dict[str, list[dict[str, object]]]:
    """One call after the other: those that were placed, and why the others were not."""
    assert isinstance(customers, list), "checked when it was read"
    results: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    for customer, order in zip(customers, orders, strict=True):
        try:
            if isinstance(order, RequestError):
                raise order
            results.append(await _place(parts, order))
        except AywaError as error:
            why = {"error": error.detail, "code": error.code, "statusCode": error.http_status}
            errors.append({"customer": customer, **why})
    return {"results": results, "errors": errors}
