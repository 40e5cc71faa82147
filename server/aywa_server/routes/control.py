"""`POST /call/:id/control`: steer a live call, with a key or by its control URL."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from aywa.model.api_key import KeyScope
from aywa_server.body import read_json_object
from aywa_server.caller import needs
from aywa_server.commanding import carry_out, parse_command
from aywa_server.parts import Parts
from aywa_server.routes.calls import find_call


def control_routes(parts: Parts) -> Blueprint:
    """The control route."""
    routes = Blueprint("control", __name__)

    @routes.post("/call/<call_id>/control")
    @needs(KeyScope.CONTROL)
    async def control(call_id: str) -> Response:
        command = parse_command(await read_json_object())
        row = await find_call(parts, call_id)
        await carry_out(parts, row, command)
        return jsonify({"id": row.id, "type": command.type, "status": "accepted"})

    return routes
