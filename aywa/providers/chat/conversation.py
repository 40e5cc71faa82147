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


Block: TypeAlias = dict[str, object]


class Turns:
    """A conversation in which roles take turns, and the caller has the first word and the last."""

    def __init__(self, caller: str, model: str) -> None:
        """What the two are called."""
        self._caller = caller
        self._model = model
        self._turns: list[tuple[str, list[Block]]] = []

    def caller(self, *blocks: Block) -> None:
        """Of the caller, or told for him."""
        self._add(self._caller, blocks)

    def model(self, *blocks: Block) -> None:
        """Of the model."""
        self._add(self._model, blocks)

    def closed(self, connected: Block, silent: Block) -> list[tuple[str, list[Block]]]:
        """All of it; the blocks stand where the caller has said nothing."""
        turns = self._turns
        if not turns or turns[0][0] != self._caller:
            turns.insert(0, (self._caller, [connected]))
        if turns[-1][0] != self._caller:
            turns.append((self._caller, [silent]))
        return turns

    def _add(self, role: str, blocks: tuple[Block, ...]) -> None:
        if blocks and self._turns and self._turns[-1][0] == role:
            self._turns[-1][1].extend(blocks)
        elif blocks:
            self._turns.append((role, list(blocks)))


def prompts(told: list[Entry]) -> list[str]:
    """What the system says before anybody has said anything."""
    found: list[str] = []
    for entry in told:
        if isinstance(entry, ToolRound) or entry.role is not Role.SYSTEM or not entry.text.strip():
            break
        found.append(entry.text)
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
