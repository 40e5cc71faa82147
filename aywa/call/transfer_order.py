"""A transfer as the API asks for it, as the runtime carries it out."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from aywa.errors import ParseError, RequestError
from aywa.model.faults import rule_of
from aywa.model.transfer import NumberDestination, SipDestination, TransferCommand
from aywa.proto.sip.custom_headers import CustomHeaderError, check_custom_headers
from aywa.proto.sip.uri import parse_uri
from aywa.transfer.plan import Briefing, Destination, Mode, TransferPlan

DEFAULT_MESSAGE = "Transferring the call now."


def plan_of(command: TransferCommand) -> TransferPlan:
    """The plan of a command. Raises RequestError (400) for a destination that cannot be."""
    wanted, how = command.destination, command.destination.transfer_plan
    message = command.content if command.content is not None else wanted.message
    warm = how.mode.startswith("warm")
    conversation = how.mode == "warm-transfer-experimental"
    fallback = how.fallback_plan
    if warm:
        mode = Mode.ATTENDED if how.sip_verb == "refer" else Mode.WARM
    else:
        mode = Mode.DIAL if how.sip_verb == "dial" else Mode.REFER
    asks = how.require_accept if how.require_accept is not None else conversation
    return TransferPlan(
        _destination(wanted),
        mode,
        announcement=DEFAULT_MESSAGE if message is None else message.strip(),
        briefing=_briefing(how.mode),
        briefing_text=(how.message or "").strip(),
        needs_consent=asks,
        colleague_first="wait-for-operator" in how.mode,
        adds_summary=how.mode == "blind-transfer-add-summary-to-sip-header",
        fallback_message=None if fallback is None else fallback.message.strip(),
        fallback_ends_call=fallback is not None and fallback.end_call_enabled,
        hold_audio=how.hold_audio_url or "",
        dial_timeout_s=how.dial_timeout,
        greeting_timeout_s=how.timeout,
    )


def _briefing(mode: str) -> Briefing:
    if mode == "warm-transfer-experimental":
        return Briefing.CONVERSATION
    return Briefing.MESSAGE if mode.endswith("say-message") else Briefing.SUMMARY


def _destination(wanted: NumberDestination | SipDestination) -> Destination:
    caller_id, description = wanted.caller_id or "", wanted.description or ""
    if isinstance(wanted, NumberDestination):
        return Destination(
            wanted.number,
            extension=wanted.extension or "",
            caller_id=caller_id,
            description=description,
        )
    try:
        parse_uri(wanted.sip_uri)
        headers = check_custom_headers(wanted.sip_headers.items())
    except (ParseError, CustomHeaderError) as error:
        raise RequestError(error.detail, code="invalid-field", field="destination") from None
    return Destination(sip_uri=wanted.sip_uri, headers=headers, caller_id=caller_id, description=description)


def plan_for(destination: object, content: str | None = None) -> TransferPlan:
    """The plan of a destination that a server or an assistant names. Raises RequestError (400)."""
    if not isinstance(destination, Mapping):
        raise RequestError("destination: is missing", code="invalid-field", field="destination")
    try:
        command = TransferCommand.model_validate(
            {"type": "transfer", "destination": dict(destination), "content": content}
        )
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        rule = rule_of(fault)
        raise RequestError(f"destination: {rule}", code="invalid-field", field="destination") from None
    return plan_of(command)
