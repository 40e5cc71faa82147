"""`POST /call/:id/control`: steer a live call."""

from __future__ import annotations

from pydantic import ValidationError
from quart import Blueprint, Response, jsonify

from aywa.errors import RequestError
from aywa.model.api_key import KeyScope
from aywa.model.call import (
    CONTROL_COMMANDS,
    CaptureCommand,
    ControlCommand,
    EndCallCommand,
    LineCommand,
    SayCommand,
)
from aywa.model.transfer import TransferCommand
from aywa.ports.store import CallStatus
from aywa_server.body import read_json_object
from aywa_server.caller import needs
from aywa_server.parts import Parts
from aywa_server.routes.calls import find_call
from aywa_server.transfer_plan import plan_of


def control_routes(parts: Parts) -> Blueprint:
    """The control route."""
    routes = Blueprint("control", __name__)

    @routes.post("/call/<call_id>/control")
    @needs(KeyScope.CONTROL)
    async def control(call_id: str) -> Response:
        command = parse_command(await read_json_object())
        row = await find_call(parts, call_id)
        if row.status is CallStatus.ENDED:
            raise _not_live("the call has ended")
        match command:
            case SayCommand():
                taken = await parts.calls.say(
                    row.id,
                    command.content,
                    end_after=command.end_call_after_spoken,
                    interrupt=command.interrupt_assistant_enabled,
                    protected=not command.interruptions_enabled,
                )
            case LineCommand():
                taken = await parts.calls.steer(row.id, command.control)
            case TransferCommand():
                taken = await parts.calls.transfer(row.id, plan_of(command))
            case EndCallCommand():
                taken = await parts.calls.end(row.id)
            case CaptureCommand():
                taken = await parts.calls.capture(row.id, command.mode)
        if not taken:
            raise _not_live(
                "the call is not up in this worker: it is just ending, or another worker carries it"
            )
        return jsonify({"id": row.id, "type": command.type, "status": "accepted"})

    return routes


def parse_command(body: dict[str, object]) -> ControlCommand:
    """The command, bare or wrapped in `{"message": {…}}`; raises `RequestError` naming the field."""
    wrapped = body.get("message")
    if "type" not in body and isinstance(wrapped, dict):
        body = wrapped
    kind = body.get("type")
    model = CONTROL_COMMANDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        allowed = ", ".join(CONTROL_COMMANDS)
        raise RequestError(f"type must be one of {allowed}", code="unknown-type", field="type")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RequestError(f"{field}: {first['msg']}", code="invalid-field", field=field) from None


def _not_live(detail: str) -> RequestError:
    return RequestError(detail, http_status=409, code="call-not-live")
