"""`POST /call` and `POST /call/phone`: call somebody."""

from __future__ import annotations

from quart import Blueprint, Response, g, jsonify

from aywa.dialling.numbers import BadNumber
from aywa_server.call_order import bad_number, parse_order
from aywa_server.call_view import call_resource
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url
from aywa_server.routes.control import read_json_object


def place_routes(parts: Parts) -> Blueprint:
    """The two routes, which do the same."""
    routes = Blueprint("place", __name__)

    @routes.post("/call")
    @routes.post("/call/phone", endpoint="place_phone")
    async def place_call() -> tuple[Response, int, dict[str, str]]:
        order = parse_order(await read_json_object(), parts.dial, g.get("owner", ""))
        try:
            row = await parts.calls.place(order)
        except BadNumber as error:
            raise bad_number(error, order) from None
        base = base_url(parts)
        return jsonify(call_resource(row, base).to_json()), 201, {"Location": f"{base}/call/{row.id}"}

    return routes
