"""Which servers a call may ask, by its assistant: for tools, transfers, documents and a voice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from aywa.call.servers import CallServers, McpSource, PlannedTool, TransferChoice
from aywa.call.transfer_order import plan_for
from aywa.errors import RequestError
from aywa.log import get_logger
from aywa.model.assistant import Assistant
from aywa.model.assistant_body import AssistantBody, CustomKnowledgeBase
from aywa.model.tool import HandoffTool, McpTool, Tool, TransferTool
from aywa.model.voices.local import CustomVoicePlan
from aywa.ports.llm import ToolSpec
from aywa.ports.resources import ResourceKind, ResourceReader
from aywa.ports.server_requests import Whom
from aywa.runtime.news_desk import Cascade
from aywa.runtime.tool_plans import handoffs, mcp_source, planned, spoken

KNOWLEDGE_REQUEST = "knowledge-base-request"
_TOOL: TypeAdapter[Any] = TypeAdapter(Tool)
_log = get_logger("runtime.call_servers")


async def call_servers(
    store: ResourceReader, org_id: UUID, assistant: Assistant | None, cascade: Cascade
) -> CallServers:
    """Raises `StoreError` where a tool cannot be looked up. One that cannot be read is left out."""
    if not isinstance(assistant, AssistantBody):
        return CallServers(cascade)
    tools, mcp, transfer = list[PlannedTool](), list[McpSource](), None
    language = _language(assistant)
    for tool, whom in [each async for each in _tools(store, org_id, assistant)]:
        if isinstance(tool, TransferTool):
            transfer = transfer or _transfer(tool, whom, language)
        elif isinstance(tool, McpTool):
            if (source := mcp_source(tool, language)) is not None:
                mcp.append(source)
        elif isinstance(tool, HandoffTool):
            tools += handoffs(tool, whom, language)
        elif (plan := planned(tool, whom, language, assistant.voicemail_message)) is not None:
            tools.append(plan)
    usual = CallServers(cascade)
    base = None if assistant.model is None else assistant.model.knowledge_base
    voice = assistant.voice
    return CallServers(
        cascade,
        tuple(tools),
        transfer,
        (base.server or usual.first(KNOWLEDGE_REQUEST)) if isinstance(base, CustomKnowledgeBase) else None,
        voice.server if isinstance(voice, CustomVoicePlan) else None,
        tuple(mcp),
    )


def _language(assistant: AssistantBody) -> str:
    """That is spoken with it, as its recogniser has it; "" where that is not said."""
    return getattr(assistant.transcriber, "language", None) or ""


async def _tools(store: ResourceReader, org_id: UUID, assistant: AssistantBody) -> Any:
    """Each with its own server, if it has one: those of the assistant alone, then those that it names."""
    if assistant.model is None:
        return
    for body in assistant.model.tools:
        if (tool := _read(body)) is not None:
            yield tool, getattr(tool, "server", None)
    for id in assistant.model.tool_ids:
        row = await store.get(org_id, ResourceKind.TOOL, id)
        tool = None if row is None else _read(row.body)
        if tool is not None:
            own = getattr(tool, "server", None)
            yield tool, None if own is None else f"{ResourceKind.TOOL}:{id}"


def _read(body: Mapping[str, object]) -> Any:
    try:
        return _TOOL.validate_json(json.dumps(dict(body)), strict=True)
    except ValidationError:
        _log.warning("a tool cannot be read by this version")
        return None


def _transfer(tool: TransferTool, whom: Whom | None, language: str) -> TransferChoice | None:
    """None when none of its destinations is one that this runtime can reach."""
    plans = dict(_plans(tool))
    if tool.destinations and not plans:
        return None
    name = "transferCall" if tool.function is None else tool.function.name
    description = "" if tool.function is None else tool.function.description
    schema: dict[str, object] = {"type": "object", "properties": {}, "additionalProperties": False}
    if len(plans) > 1:
        whither = {"type": "string", "enum": list(plans)}
        schema |= {"properties": {"destination": whither}, "required": ["destination"]}
    about = "; ".join(plan.destination.description for plan in plans.values() if plan.destination.description)
    usual = "Hand the call over; say so in one short sentence." + (f" To: {about}." if about else "")
    messages = spoken(tool.messages, language)
    return TransferChoice(ToolSpec(name, description or usual, schema, messages), plans, whom)


def _plans(tool: TransferTool) -> Iterator[tuple[str, Any]]:
    for destination in tool.destinations:
        try:
            plan = plan_for(destination)
        except RequestError as error:
            _log.warning("a destination is left out", detail=error.detail)
            continue
        yield str(plan.destination), plan
