"""Commands to a live call: read from JSON, and carried out."""

from __future__ import annotations

from pydantic import ValidationError

from aywa.call.control import AddMessage, Command, Custom, HandOff, Kept, PressKeys, SayFirstMessage, SendSip
from aywa.errors import RequestError
from aywa.model.call import (
    CONTROL_COMMANDS,
    CaptureCommand,
    ControlCommand,
    EndCallCommand,
    LineCommand,
    SayCommand,
)
from aywa.model.control_commands import (
    AddMessageCommand,
    CustomCommand,
    DtmfCommand,
    HandoffCommand,
    SipMessage,
    TransportCommand,
)
from aywa.model.transfer import TransferCommand
from aywa.ports.llm import Role
from aywa.ports.store import CallRow, CallStatus
from aywa.proto.sip.custom_headers import CustomHeaderError, check_custom_headers
from aywa_server.call_assistant import plan_of_destination
from aywa_server.parts import LiveCalls, Parts
from aywa_server.transfer_plan import plan_of

_ROLES = {"developer": Role.SYSTEM, **{role.value: role for role in Role}}


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


async def carry_out(parts: Parts, row: CallRow, command: ControlCommand) -> None:
    """Do it, as far as it is done at once.

    Raises `RequestError`: 400 for a fault of the command, 409 when the call is in no state for it.
    """
    if row.status is CallStatus.ENDED:
        raise _not_live("the call has ended")
    if not await _ask(parts, row, command):
        raise _not_live("the call is not up in this worker: it is just ending, or another worker carries it")


async def _ask(parts: Parts, row: CallRow, command: ControlCommand) -> bool:
    """False when this process does not carry the call."""
    calls: LiveCalls = parts.calls
    match command:
        case SayCommand():
            return await calls.say(
                row.id,
                command.content,
                end_after=command.end_call_after_spoken,
                interrupt=command.interrupt_assistant_enabled,
                protected=not command.interruptions_enabled,
            )
        case LineCommand(control="say-first-message"):
            return await calls.control(row.id, SayFirstMessage())
        case LineCommand():
            return await calls.steer(row.id, command.control)
        case TransferCommand():
            return await calls.transfer(row.id, plan_of(command))
        case EndCallCommand():
            return await calls.end(row.id)
        case CaptureCommand():
            return await calls.capture(row.id, command.mode)
        case _:
            return await calls.control(row.id, await _read(parts, row, command))


async def _read(
    parts: Parts,
    row: CallRow,
    command: AddMessageCommand | DtmfCommand | HandoffCommand | TransportCommand | CustomCommand,
) -> Command:
    """The same as the call takes it."""
    match command:
        case AddMessageCommand(message=message):
            return AddMessage(_ROLES[message.role], message.content.strip(), command.trigger_response_enabled)
        case DtmfCommand(digits=digits):
            return PressKeys(digits)
        case TransportCommand():
            return _sip_message(command)
        case CustomCommand(name=name, data=data):
            return Custom(name, data)
        case HandoffCommand(destination=destination):
            plan = await plan_of_destination(parts, row.org_id, destination)
            context = destination.context_engineering_plan
            last = context.max_messages
            if context.type == "lastNMessages" and last is None:
                field = "destination.contextEngineeringPlan.maxMessages"
                raise RequestError(f"{field}: must say how many", code="invalid-field", field=field)
            return HandOff(plan, command.content.strip(), Kept(context.type), last or 0)


def _sip_message(command: TransportCommand) -> SendSip:
    """Raises `RequestError`: 409 for a transport that no call here has."""
    message = command.message
    if not isinstance(message, SipMessage):
        raise RequestError(
            "calls come by SIP or by websocket here: there is no twilio transport to tell",
            http_status=409,
            code="no-such-transport",
            field="message.transport",
        )
    named = {name.lower(): name for name in message.headers}
    content_type = message.headers.get(named.get("content-type", ""), "")
    others = [(name, value) for name, value in message.headers.items() if name.lower() != "content-type"]
    if "\r" in content_type or "\n" in content_type or not content_type.isprintable():
        raise RequestError(
            "message.headers: Content-Type must be one line",
            code="invalid-header",
            field="message.headers",
        )
    if message.body and not content_type:
        content_type = "text/plain"
    try:
        headers = check_custom_headers(others)
    except CustomHeaderError as error:
        raise RequestError(
            f"message.headers: {error.detail}", code=error.code, field="message.headers"
        ) from None
    return SendSip(message.sip_verb, headers, content_type, message.body.encode())


def _not_live(detail: str) -> RequestError:
    return RequestError(detail, http_status=409, code="call-not-live")
