"""Who leads a call that is placed: the assistant that the order names, or that its number is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from aywa.call.plan import CallPlan, Leader
from aywa.errors import RequestError
from aywa.model.assistant import Assistant
from aywa.model.control_commands import AssistantDestination
from aywa.ports.resources import ResourceRow
from aywa_server.parts import Parts
from aywa_server.resources.kinds import ASSISTANT, PHONE_NUMBER, Kind
from aywa_server.resources.reading import read_resource
from aywa_server.routes.resources import org_of_request


async def leading_plan(parts: Parts, asked: dict[str, object]) -> tuple[dict[str, object], CallPlan]:
    """The order without what is settled here, and the plan.

    A `phoneNumberId` that is a number's id becomes its `fromNumber`; else it is a trunk's name. Raises
    `RequestError` (400) naming the field.
    """
    body = {name: value for name, value in asked.items() if name not in ("assistantId", "assistant")}
    number = await _named(parts, asked, "phoneNumberId", PHONE_NUMBER)
    bound = None
    if number is not None:
        del body["phoneNumberId"]
        bound = number.body.get("assistantId")
        if isinstance(said := number.body.get("number"), str):
            body.setdefault("fromNumber", said)
    return body, await parts.plans.prepare(await _leader(parts, asked, bound, number))


async def _leader(
    parts: Parts, asked: Mapping[str, object], bound: object, number: ResourceRow | None
) -> Leader:
    leader = Leader(org_of_request(), number=number)
    if asked.get("assistant") is not None:
        if asked.get("assistantId") is not None:
            raise _fault("assistant", "must not be given beside assistantId")
        return replace(leader, assistant=_inline(asked["assistant"]))
    if asked.get("assistantId") is not None:
        row = await _named(parts, asked, "assistantId", ASSISTANT)
        if row is None:
            raise _fault("assistantId", "there is no assistant with this id")
    elif isinstance(bound, str):
        row = await parts.resources.get(org_of_request(), ASSISTANT, UUID(bound))
    else:
        return leader
    return replace(leader, assistant=_opened(parts, row), assistant_id=str(row.id))


async def plan_of_destination(parts: Parts, org_id: UUID, named: AssistantDestination) -> CallPlan:
    """Who a call is handed to. Raises `RequestError` (400) naming the field."""
    where = "destination"
    if (named.assistant is None) == (named.assistant_id is None):
        raise _fault(where, "must have assistantId or assistant, not both")
    if named.assistant is not None:
        return await parts.plans.prepare(Leader(org_id, _inline(named.assistant, where)))
    assert named.assistant_id is not None, "or else the other"
    try:
        row = await parts.resources.get(org_id, ASSISTANT, named.assistant_id)
    except RequestError:
        raise _fault(f"{where}.assistantId", "there is no assistant with this id") from None
    return await parts.plans.prepare(Leader(org_id, _opened(parts, row), str(row.id)))


def _opened(parts: Parts, row: ResourceRow) -> Assistant:
    assistant = read_resource(ASSISTANT, parts.resources.opened(row))
    assert isinstance(assistant, Assistant)
    return assistant


def _inline(body: object, where: str = "") -> Assistant:
    name = f"{where}.assistant" if where else "assistant"
    if not isinstance(body, Mapping):
        raise _fault(name, "must be an object")
    try:
        assistant = read_resource(ASSISTANT, body)
    except RequestError as error:
        field = f"{name}.{error.field}" if error.field else name
        raise RequestError(f"{name}.{error.detail}", code=error.code, field=field) from None
    assert isinstance(assistant, Assistant)
    return assistant


async def _named(parts: Parts, asked: Mapping[str, object], field: str, kind: Kind) -> ResourceRow | None:
    """What an id in `field` leads to; None for what is no id, or none of this kind."""
    text = asked.get(field)
    if not isinstance(text, str):
        return None
    try:
        id = UUID(text)
    except ValueError:
        return None
    try:
        return await parts.resources.get(org_of_request(), kind, id)
    except RequestError:
        raise _fault(field, f"there is no {kind.kind.value} with this id") from None


def _fault(field: str, rule: str) -> RequestError:
    return RequestError(f"{field}: {rule}", code="invalid-field", field=field)
