"""A conversation as every vendor takes it: behind each tool call its result, and nothing without its call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from aywa.ports.llm import ChatRequest, Message, Role, ToolCall
from aywa.turn.speculation_budget import estimated_tokens

# A vendor that wants a user's message first gets this one, and its like where only the assistant has spoken.
CONNECTED = "(The call is connected.)"
SILENT = "(The caller says nothing.)"
NOTE = "(A note for you, which the caller has not said: {text})"  # where only the prompt can be the system's
UNANSWERED = '{"error": "no result has come yet"}'


@dataclass(frozen=True, slots=True)
class ToolRound:
    """Calls that the model made at once, and their results in the same order."""

    text: str
    calls: tuple[ToolCall, ...]
    results: tuple[str, ...]


Entry: TypeAlias = Message | ToolRound


def entries(messages: tuple[Message, ...]) -> list[Entry]:
    """The conversation without messages of tools of their own. A call without a result is told so."""
    results = {message.tool_call_id: message.text for message in messages if message.role is Role.TOOL}
    found: list[Entry] = []
    for message in messages:
        if message.role is Role.TOOL:
            continue
        if message.tool_calls:
            answers = tuple(results.get(call.id, UNANSWERED) for call in message.tool_calls)
            found.append(ToolRound(message.text, message.tool_calls, answers))
        else:
            found.append(message)
    return found


def taken_ids(request: ChatRequest) -> set[str]:
    """Of all tool calls up to now."""
    return {call.id for message in request.messages for call in message.tool_calls}


def prompt_estimate(request: ChatRequest) -> int:
    """How many tokens it is, at a guess; for vendors that do not count."""
    texts = [message.text for message in request.messages]
    texts += [str(dict(call.arguments)) for message in request.messages for call in message.tool_calls]
    texts += [f"{tool.name} {tool.description} {dict(tool.parameters)}" for tool in request.tools]
    return estimated_tokens(*texts)


def failed(result: str) -> bool:
    """Whether a tool's result is that it has failed: an object with an `error`."""
    try:
        said = json.loads(result)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and bool(said.get("error"))
