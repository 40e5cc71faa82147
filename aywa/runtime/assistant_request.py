"""Asks a number's server which assistant answers a call: `assistant-request`, within 7.5 s in all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import trio
from pydantic import ValidationError

from aywa.call.control import MAX_SAY_CHARACTERS
from aywa.call.inbound import parties_of
from aywa.call.news_plan import NewsPlan
from aywa.call.plan import Leader
from aywa.call.sip_port import IncomingPort
from aywa.call.transfer_order import plan_for
from aywa.call.verdict import Verdict
from aywa.errors import AywaError, EndCode, EndReason, EndSide, RequestError
from aywa.ids import new_call_id
from aywa.log import get_logger
from aywa.model.assistant_body import AssistantBody
from aywa.model.faults import field_of, rule_of
from aywa.model.merge import merge
from aywa.ports.resources import ResourceKind, ResourceReader
from aywa.ports.server_requests import ServerRequests
from aywa.ports.store import CallRow, CallStatus, CallType
from aywa.runtime.stored_assistant import read_assistant
from aywa.store.sealing import Sealer

TYPE = "assistant-request"
BOUND_S = 7.5  # fixed by the contract: telephone networks give up after 15
_NOT_OVERRIDDEN = ("tools:append",)  # which this runtime does not have
_log = get_logger("runtime.assistant_request")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who leads the call now, and what came of asking."""

    leader: Leader
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class AssistantRequests:
    """Of one worker."""

    requests: ServerRequests
    store: ResourceReader
    sealer: Sealer

    async def ask(self, call: IncomingPort, leader: Leader, news: NewsPlan, source: str) -> Asked:
        """Never raises: whatever goes wrong is a verdict."""
        row = _ringing(call, leader, news)
        message = news.whole({"type": TYPE}, row)
        began = trio.current_time()
        try:
            with trio.fail_after(BOUND_S):
                answer = await self.requests.ask(leader.org_id, source, message, bound_s=BOUND_S)
                asked = await self._read(answer, leader, row.id)
        except (AywaError, trio.TooSlowError) as error:
            detail = error.detail if isinstance(error, AywaError) else "the server was too slow"
            asked = _refused(leader, row.id, EndCode.REQUEST_FAILED, detail)
        verdict = _or_fallback(asked.verdict, leader)
        reason = asked.verdict.refusal
        facts = {
            "took_ms": int((trio.current_time() - began) * 1000),
            "outcome": "assistant" if reason is None else reason.code.value,
            "detail": "" if reason is None else reason.detail,
        }
        if reason is None and (verdict.text or verdict.forward is not None):
            facts["outcome"] = "error" if verdict.text else "destination"
        return replace(asked, verdict=replace(verdict, facts=facts))

    async def _read(self, answer: Mapping[str, object], leader: Leader, call_id: str) -> Asked:
        """What an answer means; a destination stands before an assistant."""
        if answer.get("destination") is not None:
            try:
                plan = plan_for(answer["destination"], _content(answer))
            except RequestError as error:
                return _refused(leader, call_id, EndCode.REQUEST_INVALID, error.detail)
            plan = replace(plan, fallback_ends_call=True)
            return Asked(leader, Verdict(call_id, forward=plan, forwarded_as=EndCode.REQUEST_FORWARDED))
        if (said := answer.get("error")) is not None:
            text = said.strip()[:MAX_SAY_CHARACTERS] if isinstance(said, str) else ""
            if not text:
                return _refused(leader, call_id, EndCode.REQUEST_UNSPEAKABLE, "the error is no text")
            return Asked(leader, Verdict(call_id, text=text))
        for name in ("squadId", "squad", "workflowId"):
            if answer.get(name) is not None:
                rule = f"{name} is not taken by this runtime"
                return _refused(leader, call_id, EndCode.REQUEST_INVALID, rule)
        try:
            led = await self.led(answer, leader)
        except RequestError as error:
            return _refused(leader, call_id, EndCode.REQUEST_INVALID, error.detail)
        if led is None:
            return _refused(leader, call_id, EndCode.REQUEST_EMPTY, "the answer names no assistant")
        return Asked(led, Verdict(call_id))

    async def led(self, answer: Mapping[str, object], leader: Leader) -> Leader | None:
        """Who `assistantId` or `assistant` names, with `assistantOverrides`; None: nobody.

        Raises `RequestError` for an assistant that cannot be, `StoreError`.
        """
        overrides = answer.get("assistantOverrides")
        patch = {
            name: value
            for name, value in (overrides.items() if isinstance(overrides, Mapping) else ())
            if name not in _NOT_OVERRIDDEN
        }
        if (named := answer.get("assistantId")) is not None:
            try:
                id = UUID(str(named))
            except ValueError:
                raise RequestError("assistantId is none") from None
            row = await self.store.get(leader.org_id, ResourceKind.ASSISTANT, id)
            assistant = None if row is None else read_assistant(row, self.sealer)
            if assistant is None:
                raise RequestError("there is no assistant with this assistantId")
            if not patch:
                return replace(leader, assistant=assistant, assistant_id=str(id))
            body = assistant.model_dump(mode="python", by_alias=True, exclude_unset=True)
            return replace(leader, assistant=_assistant(merge(_plain(body), patch)), assistant_id=str(id))
        if (given := answer.get("assistant")) is None:
            return None
        if not isinstance(given, Mapping):
            raise RequestError("assistant must be an object")
        return replace(leader, assistant=_assistant(merge(given, patch)), assistant_id="")


def _assistant(body: Mapping[str, object]) -> AssistantBody:
    try:
        return AssistantBody.model_validate_json(json.dumps(dict(body)), strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise RequestError(f"assistant.{field_of(fault)}: {rule_of(fault)}") from None


def _plain(value: object) -> object:
    """As JSON has it, secrets in the open."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    return (
        value
        if value is None or isinstance(value, str | int | float | bool)
        else str(getattr(value, "value", value))
    )


def _content(answer: Mapping[str, object]) -> str | None:
    destination = answer["destination"]
    said = destination.get("message") if isinstance(destination, Mapping) else None
    return said if isinstance(said, str) else ""  # nothing was said yet that would have to be explained


def _refused(leader: Leader, call_id: str, code: EndCode, detail: str) -> Asked:
    return Asked(leader, Verdict(call_id, refusal=EndReason(code, EndSide.SYSTEM, detail=detail)))


def _or_fallback(verdict: Verdict, leader: Leader) -> Verdict:
    """A number may say where its calls go when nothing else can be done with them."""
    fallback = None if leader.number is None else leader.number.body.get("fallbackDestination")
    if verdict.refusal is None or fallback is None:
        return verdict
    try:
        plan = replace(plan_for(fallback, ""), fallback_ends_call=True)
    except RequestError as error:
        _log.warning("a fallbackDestination cannot be reached", detail=error.detail)
        return verdict
    return replace(verdict, refusal=None, forward=plan)


def _ringing(call: IncomingPort, leader: Leader, news: NewsPlan) -> CallRow:
    """The call as it will be kept."""
    at = news.clock()
    from_uri, to_uri, sip_call_id = parties_of(call)
    return CallRow(
        id=new_call_id(news.rng),
        type=CallType.INBOUND,
        status=CallStatus.RINGING,
        scenario="",
        from_uri=from_uri,
        to_uri=to_uri,
        sip_call_id=sip_call_id,
        created_at=at,
        updated_at=at,
        org_id=leader.org_id,
    )
