"""From a tool as the API keeps it to one that a call can run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aywa.call.servers import (
    USUAL_CHARACTERS,
    USUAL_S,
    Deed,
    DeedTool,
    HandoffTool,
    McpSource,
    PlannedTool,
    QueryTool,
    ServerTool,
    ToolRules,
    WebTool,
)
from aywa.call.web_tools import chosen_schema
from aywa.model.tool import (
    FunctionTool,
    KeysTool,
    McpTool,
    PlainTool,
    RequestTool,
    ToolMessage,
)
from aywa.model.tool import HandoffTool as HandoffBody
from aywa.model.tool import (
    QueryTool as QueryBody,
)
from aywa.ports.llm import ToolSpec
from aywa.ports.server_requests import Whom
from aywa.ports.tools import McpAccess
from aywa.turn.tool_messages import Comparison, Condition, MessageKind
from aywa.turn.tool_messages import ToolMessage as Spoken

CHARACTERS_PER_TOKEN = 4
_OPEN: Mapping[str, object] = {"type": "object", "properties": {}}
_NOTHING: Mapping[str, object] = {**_OPEN, "additionalProperties": False}
_KEYS: Mapping[str, object] = {
    "type": "object",
    "properties": {"dtmf": {"type": "string", "description": "The keys: 0-9 * #, and w for a pause."}},
    "required": ["dtmf"],
}
_QUERY: Mapping[str, object] = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look up, as a question."}},
    "required": ["query"],
}
_SAFE_METHODS = frozenset({"GET"})  # RFC 9110 section 9.2.1
_END = "End the call. Say goodbye first."
_LEAVE = "Call this when a machine has answered: the message is left, and the call ends."
_PRESS = "Press keys of the telephone, as a menu asks for."
_HAND_OVER = "Give the conversation to another assistant; say nothing about it."
_LOOK_UP = "Look something up in what is known."
_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]+")


def planned(tool: Any, whom: Whom | None, language: str, voicemail: str) -> PlannedTool | None:
    """None for one that is no request of its own: a transfer, a server of tools, a hand-off.

    `language`: of the assistant; `voicemail`: the message it leaves.
    """
    match tool:
        case FunctionTool():
            return _function(tool, whom, language)
        case RequestTool():
            return _request(tool, language)
        case PlainTool(type="endCall"):
            return DeedTool(_spec(tool, "endCall", _END, _NOTHING, language), Deed.END_CALL)
        case PlainTool():
            said = next((each for each in spoken(tool.messages, language) if _begins(each)), None)
            spec = _spec(tool, "voicemail", _LEAVE, _NOTHING, language, silent=True)
            return DeedTool(spec, Deed.VOICEMAIL, voicemail if said is None else said.text)
        case KeysTool():
            deed = Deed.KEYS_BY_INFO if tool.sip_info_dtmf_enabled else Deed.KEYS
            return DeedTool(_spec(tool, "dtmf", _PRESS, _KEYS, language), deed)
        case QueryBody():
            files = tuple(id for base in tool.knowledge_bases for id in base.file_ids)
            about = " ".join(base.description for base in tool.knowledge_bases if base.description)
            return QueryTool(_spec(tool, "query", about or _LOOK_UP, _QUERY, language), files)
        case _:
            return None


def mcp_source(tool: McpTool, language: str) -> McpSource | None:
    """Where its tools are asked for; None without a server."""
    server = tool.server
    if server is None:
        return None
    events = tool.metadata is not None and tool.metadata.protocol == "sse"
    access = McpAccess(
        server.url, tuple(server.headers.items()), events, server.timeout_seconds, server.credential_id
    )
    messages = {each.name: spoken(each.messages, language) for each in tool.tool_messages}
    return McpSource(access, ToolRules(rejection=tool.rejection_plan), messages)


def handoffs(tool: HandoffBody, whom: Whom | None, language: str) -> list[HandoffTool]:
    """A tool for each destination; without any, and for a dynamic one, the server is asked."""
    made: list[HandoffTool] = []
    for destination in tool.destinations or ({"type": "dynamic"},):
        asks = destination.get("type") == "dynamic"
        usual = _handoff_name(destination, len(made))
        about = destination.get("description")
        description = f"{_HAND_OVER} {about}" if isinstance(about, str) and about else _HAND_OVER
        spec = _spec(tool, usual, description, _NOTHING, language)
        if spec.name in {each.spec.name for each in made}:
            spec = replace(spec, name=f"{spec.name[:60]}_{len(made) + 1}")
        made.append(HandoffTool(spec, None if asks else destination, whom))
    return made


def _handoff_name(destination: Mapping[str, object], number: int) -> str:
    inline = destination.get("assistant")
    named = destination.get("assistantName") or (inline.get("name") if isinstance(inline, Mapping) else None)
    text = _NO_NAME.sub("_", str(named or f"assistant_{number + 1}")).strip("_")
    return f"handoff_to_{text or number + 1}"[:64]


def spoken(messages: tuple[ToolMessage, ...], language: str) -> tuple[Spoken, ...]:
    """Those that say something, in the assistant's language where they have it."""
    found = []
    for message in messages:
        text = message.content or _in(message, language)
        if text:
            found.append(
                Spoken(
                    MessageKind(message.type),
                    text,
                    (message.timing_milliseconds or 1000) / 1000,
                    tuple(
                        Condition(each.param, Comparison(each.operator), each.value)
                        for each in message.conditions
                    ),
                    message.role == "system",
                    message.end_call_after_spoken_enabled,
                    message.blocking,
                )
            )
    return tuple(found)


def _in(message: ToolMessage, language: str) -> str:
    """The words of `contents` in this language, of this language elsewhere, or the first."""
    wanted = language.lower()
    short = wanted.partition("-")[0]
    for tongue in (wanted, short):
        for each in message.contents:
            if tongue and (each.language or "").lower() == tongue:
                return each.text
    for each in message.contents:
        if short and (each.language or "").lower().partition("-")[0] == short:
            return each.text
    return message.contents[0].text if message.contents else ""


def _begins(message: Spoken) -> bool:
    return message.kind is MessageKind.START


def _spec(
    tool: Any,
    name: str,
    description: str,
    schema: Mapping[str, object],
    language: str,
    *,
    silent: bool = False,
) -> ToolSpec:
    """As the plan says otherwise; `silent`: its messages are no messages about it."""
    own = tool.function
    messages = () if silent else spoken(tool.messages, language)
    if own is None:
        return ToolSpec(name, description, schema, messages)
    return ToolSpec(own.name, own.description or description, own.parameters or schema, messages)


def _function(tool: FunctionTool, whom: Whom | None, language: str) -> ServerTool:
    function, server = tool.function, tool.server
    schema = _OPEN if function.parameters is None else dict(function.parameters)
    shown: dict[str, object] = {
        "type": "function",
        "async": tool.async_,
        "function": {"name": function.name, "description": function.description, "parameters": schema},
    }
    if server is not None:
        shown["server"] = {"url": server.url}
    messages = spoken(tool.messages, language)
    return ServerTool(
        ToolSpec(function.name, function.description, schema, messages, by_server=True),
        whom,
        shown,
        USUAL_S if server is None else server.timeout_seconds,
        not tool.async_,
        _rules(tool, max_tokens=tool.max_tokens),
        None if server is None else server.backoff_plan,
    )


def _request(tool: RequestTool, language: str) -> WebTool:
    name = _NO_NAME.sub("_", tool.name or "").strip("_")[:64] or "api_request"
    schema = chosen_schema(tool.headers, tool.body)
    return WebTool(
        _spec(tool, name, tool.description, schema, language),
        tool.method,
        tool.url,
        tool.headers,
        tool.body,
        tool.credential_id,
        tool.timeout_seconds,
        _rules(tool, effect=tool.method not in _SAFE_METHODS),
        tool.backoff_plan,
    )


def _rules(
    tool: FunctionTool | RequestTool, *, max_tokens: int | None = None, effect: bool = True
) -> ToolRules:
    return ToolRules(
        {each.key: each.value for each in tool.parameters},
        tool.rejection_plan,
        tool.variable_extraction_plan,
        USUAL_CHARACTERS if max_tokens is None else max_tokens * CHARACTERS_PER_TOKEN,
        effect,
    )
