"""`GET /call/:id/costs`."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from aywa.errors import RequestError
from aywa.ports.store import CallStatus
from aywa_server.cost_view import costs_resource
from aywa_server.parts import Parts
from aywa_server.routes.calls import find_call


def call_costs_routes(parts: Parts) -> Blueprint:
    """The one route."""
    routes = Blueprint("call_costs", __name__)

    @routes.get("/call/<call_id>/costs")
    async def get_costs(call_id: str) -> Response:
        row = await find_call(parts, call_id)
        if row.status is not CallStatus.ENDED:
            rule = "a call's costs are known once it has ended"
            raise RequestError(rule, http_status=409, code="call-not-ended")
        return jsonify(costs_resource(row).to_json())

    return routes
