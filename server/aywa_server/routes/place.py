"""`POST /call` and `POST /call/phone`: call somebody."""

from __future__ import annotations

from quart import Blueprint, Response, g, jsonify

from aywa.call.outbound import CallOrder
from aywa.dialling.numbers import BadNumber
from aywa.errors import AywaError, RequestError
from aywa_server.body import read_json_object
from aywa_server.call_order import bad_number, parse_order, parse_orders
from aywa_server.call_view import call_resource
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url


def place_routes(parts: Parts) -> Blueprint:
    """The two routes, which do the same."""
    routes = Blueprint("place", __name__)

    @routes.post("/call")
    @routes.post("/call/phone", endpoint="place_phone")
    async def place_call() -> tuple[Response, int, dict[str, str]]:
        body, owner = await read_json_object(), g.get("owner", "")
        if "customers" in body:
            answer = await _place_all(parts, body["customers"], parse_orders(body, parts.dial, owner))
            return jsonify(answer), 201 if answer["results"] else 400, {}
        call = await _place(parts, parse_order(body, parts.dial, owner))
        return jsonify(call), 201, {"Location": f"{base_url(parts)}/call/{call['id']}"}

    return routes


async def _place(parts: Parts, order: CallOrder) -> dict[str, object]:
    """The call as the API shows it. Raises what forbids it."""
    try:
        row = await parts.calls.place(order)
    except BadNumber as error:
        raise bad_number(error, order) from None
    return call_resource(row, base_url(parts)).to_json()


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
