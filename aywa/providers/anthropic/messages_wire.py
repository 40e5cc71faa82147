"""Anthropic's messages: the request (API version 2023-06-01; anthropic-sdk-python 2.12). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.model.chat_models.anthropic import AnthropicModelPlan, ThinkingEnabled
from aywa.ports.llm import ChatRequest, Message, Purpose, Role, ToolCall, ToolSpec
from aywa.providers.anthropic.messages_reader import KEEPSAKE, MessageReader
from aywa.providers.chat.conversation import (
    CONNECTED,
    NOTE,
    SILENT,
    Entry,
    ToolRound,
    Turns,
    entries,
    failed,
    prompts,
)
from aywa.providers.chat.exchange import ChatAsk

API_VERSION = "2023-06-01"
ANSWER_TOOL = "answer"  # what an answer by a schema is given to
USUAL_TOKENS = 250
ANALYSIS_TOKENS = 4096
THINKING_TOKENS = 4096  # beside the words, where the model itself chooses how much it thinks
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT = {"cache_control": {"type": "ephemeral"}}


@dataclass(frozen=True, slots=True)
class MessagesWire:
    """One assistant's model."""

    provider: str
    path: str
    plan: AnthropicModelPlan
    key: str = field(repr=False)

    def ask(self, request: ChatRequest) -> ChatAsk:
        """See `ChatWire`."""
        plan = self.plan
        told = entries(request.messages)
        leading = prompts(told)
        thinking = self._thinking(request, told)
        body: dict[str, object] = {
            "model": plan.model,
            "max_tokens": self._limit(request, thinking),
            "messages": _messages(
                told[len(leading) :], thinking=thinking is not None, cached=plan.prompt_caching
            ),
            "stream": True,
        }
        if leading:
            blocks: list[dict[str, object]] = [{"type": "text", "text": text} for text in leading]
            if plan.prompt_caching:
                blocks[-1] |= _KEPT
            body["system"] = blocks
        if thinking is not None:
            body["thinking"] = thinking
        elif plan.temperature is not None:
            body["temperature"] = min(plan.temperature, 1.0)
        body |= _tools(request, told)
        headers = {
            "x-api-key": self.key,
            "anthropic-version": API_VERSION,
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
        }
        return ChatAsk(self.path, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), headers)

    def reader(self, request: ChatRequest) -> MessageReader:
        """See `ChatWire`."""
        return MessageReader(self.provider, request, answer_tool=ANSWER_TOOL if _by_schema(request) else None)

    def _thinking(self, request: ChatRequest, told: list[Entry]) -> dict[str, object] | None:
        """None for what is written after a call, and behind tools that were called without these thoughts:
        the API refuses to go on thinking there.
        """
        plan = self.plan.thinking
        if plan is None or plan.type == "disabled" or request.purpose is not Purpose.CONVERSE:
            return None
        for entry in reversed(told):
            if isinstance(entry, ToolRound) and not entry.calls[0].keepsake.startswith(KEEPSAKE):
                return None
            if isinstance(entry, Message) and entry.role is Role.USER:
                break
        if isinstance(plan, ThinkingEnabled):
            return {"type": "enabled", "budget_tokens": plan.budget_tokens}
        return {"type": "adaptive"}

    def _limit(self, request: ChatRequest, thinking: Mapping[str, object] | None) -> int:
        if request.purpose is not Purpose.CONVERSE:
            return max(ANALYSIS_TOKENS, self.plan.max_tokens or 0)
        words = self.plan.max_tokens or USUAL_TOKENS
        if thinking is None:
            return words
        budget = thinking.get("budget_tokens", THINKING_TOKENS)
        return words + (budget if isinstance(budget, int) else 0)


def _by_schema(request: ChatRequest) -> bool:
    return request.schema is not None and request.schema.get("type") == "object" and not request.tools


def _tools(request: ChatRequest, told: list[Entry]) -> dict[str, object]:
    if request.schema is not None and _by_schema(request):
        answer = {
            "name": ANSWER_TOOL,
            "description": "Takes the answer.",
            "input_schema": dict(request.schema),
        }
        return {"tools": [answer], "tool_choice": {"type": "tool", "name": ANSWER_TOOL}}
    if request.tools:
        return {"tools": [_tool(tool) for tool in request.tools]}
    called = dict.fromkeys(
        call.name for entry in told if isinstance(entry, ToolRound) for call in entry.calls
    )
    if called:  # a conversation with tools in it is not taken without any
        known = [{"name": name, "input_schema": {"type": "object"}} for name in called]
        return {"tools": known, "tool_choice": {"type": "none"}}
    return {}


def _tool(tool: ToolSpec) -> dict[str, object]:
    schema = {"type": "object", "properties": {}, **tool.parameters}
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


def _messages(told: list[Entry], *, thinking: bool, cached: bool) -> list[dict[str, object]]:
    """Roles take turns, and the caller has the first word and the last."""
    turns = Turns("user", "assistant")
    for entry in told:
        if isinstance(entry, ToolRound):
            thoughts = _thoughts(entry.calls[0]) if thinking else []
            turns.model(*thoughts, *_text(entry.text), *(_use(call) for call in entry.calls))
            turns.caller(*map(_result, entry.calls, entry.results))
        elif entry.role is Role.SYSTEM:
            turns.caller(*_text(NOTE.format(text=entry.text) if entry.text.strip() else ""))
        else:
            (turns.caller if entry.role is Role.USER else turns.model)(*_text(entry.text))
    closed = turns.closed(*_text(CONNECTED), *_text(SILENT))
    if cached:
        closed[-1][1][-1] |= _KEPT
    return [{"role": role, "content": blocks} for role, blocks in closed]


def _text(text: str) -> list[dict[str, object]]:
    """No block is empty, nor ends in space."""
    text = text.strip()
    return [{"type": "text", "text": text}] if text else []


def _id(call: ToolCall) -> str:
    return _NOT_IN_IDS.sub("_", call.id)


def _use(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": _id(call), "name": call.name, "input": dict(call.arguments)}


def _result(call: ToolCall, result: str) -> dict[str, object]:
    block: dict[str, object] = {"type": "tool_result", "tool_use_id": _id(call), "content": result}
    return {**block, "is_error": True} if failed(result) else block


def _thoughts(call: ToolCall) -> list[dict[str, object]]:
    """What the model thought before it called, which it wants back as it was."""
    if not call.keepsake.startswith(KEEPSAKE):
        return []
    blocks: list[dict[str, object]] = json.loads(call.keepsake.removeprefix(KEEPSAKE))
    return blocks
