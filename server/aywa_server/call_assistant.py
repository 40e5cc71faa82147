"""Who leads a call that is placed: the assistant that the order names, or that its number is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from aywa.call.plan import CallPlan
from aywa.errors import RequestError
from aywa.model.assistant import Assistant
from aywa.model.overrides import overridden
from aywa.ports.resources import ResourceRow
from aywa_server.parts import Parts
from aywa_server.resources.kinds import ASSISTANT, PHONE_NUMBER, Kind
from aywa_server.resources.reading import read_resource
from aywa_server.routes.resources import org_of_request

_SETTLED = frozenset({"assistantId", "assistant", "assistantOverrides"})


async def leading_plan(parts: Parts, asked: dict[str, object]) -> tuple[dict[str, object], CallPlan | None]:
    """The order without what is settled here, and the plan; None: what the settings name.

    A `phoneNumberId` that is a number's id becomes its `fromNumber`; else it is a trunk's name. Raises
    `RequestError` (400) naming the field.
    """
    body = {name: value for name, value in asked.items() if name not in _SETTLED}
    number = await _named(parts, asked, "phoneNumberId", PHONE_NUMBER)
    bound = None
    if number is not None:
        del body["phoneNumberId"]
        bound = number.body.get("assistantId")
        if isinstance(said := number.body.get("number"), str):
            body.setdefault("fromNumber", said)
    plan = await _plan(parts, asked, bound)
    if asked.get("assistantOverrides") is not None:
        plan = await _overridden(parts, plan, _inline(asked["assistantOverrides"], "assistantOverrides"))
    if plan is not None and number is not None:
        plan = replace(plan, phone_number_id=str(number.id))
    return body, plan


async def _overridden(parts: Parts, plan: CallPlan | None, overrides: Assistant) -> CallPlan:
    """The plan with what this call says otherwise, and what that asks for made ready."""
    if plan is None or plan.assistant is None:
        return replace(await parts.plans.prepare(overrides), assistant=None, overrides=overrides)
    prepared = await parts.plans.prepare(overridden(plan.assistant, overrides))
    return replace(plan, assistant=prepared.assistant, ambience=prepared.ambience, advisor=prepared.advisor)


async def _plan(parts: Parts, asked: Mapping[str, object], bound: object) -> CallPlan | None:
    if asked.get("assistant") is not None:
        if asked.get("assistantId") is not None:
            raise _fault("assistant", "must not be given beside assistantId")
        return await parts.plans.prepare(_inline(asked["assistant"]))
    if asked.get("assistantId") is not None:
        row = await _named(parts, asked, "assistantId", ASSISTANT)
        if row is None:
            raise _fault("assistantId", "there is no assistant with this id")
    elif isinstance(bound, str):
        row = await parts.resources.get(org_of_request(), ASSISTANT, UUID(bound))
    else:
        return None
    assistant = read_resource(ASSISTANT, row.body)
    assert isinstance(assistant, Assistant)
    return replace(await parts.plans.prepare(assistant), assistant_id=str(row.id))


def _inline(body: object, name: str = "assistant") -> Assistant:
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
