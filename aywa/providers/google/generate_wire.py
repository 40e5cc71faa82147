"""Gemini's `streamGenerateContent`: the request (API v1beta; google-genai 3.4). Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from aywa.model.chat_models.google import GoogleModelPlan
from aywa.ports.llm import ChatRequest, Purpose, Role, ToolCall, ToolSpec
from aywa.providers.chat.conversation import (
    CONNECTED,
    NOTE,
    SILENT,
    Block,
    Entry,
    ToolRound,
    Turns,
    entries,
    prompts,
)
from aywa.providers.chat.exchange import ChatAsk
from aywa.providers.google.generate_reader import KEEPSAKE, GenerateReader

USUAL_TOKENS = 250
ANALYSIS_TOKENS = 4096
THINKING_TOKENS = 4096  # beside the words, where the model itself chooses how much it thinks
# Models that refuse a call of their own without its signature take this one for calls of others.
FOREIGN_SIGNATURE = "skip_thought_signature_validator"
_SIGNING = re.compile(r"gemini-(?:[3-9]|[1-9][0-9])")


@dataclass(frozen=True, slots=True)
class GenerateWire:
    """One assistant's model."""

    provider: str
    path: str
    plan: GoogleModelPlan
    key: str = field(repr=False)

    def ask(self, request: ChatRequest) -> ChatAsk:
        """See `ChatWire`."""
        told = entries(request.messages)
        leading = prompts(told)
        signing = _SIGNING.search(self.plan.model) is not None
        body: dict[str, object] = {
            "contents": _contents(told[len(leading) :], signing=signing),
            "generationConfig": self._config(request),
        }
        if leading:
            body["systemInstruction"] = {"parts": [{"text": text} for text in leading]}
        if request.tools:
            body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in request.tools]}]
        headers = {
            "x-goog-api-key": self.key,
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
        }
        return ChatAsk(self.path, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), headers)

    def reader(self, request: ChatRequest) -> GenerateReader:
        """See `ChatWire`."""
        return GenerateReader(self.provider, request)

    def _config(self, request: ChatRequest) -> Block:
        plan = self.plan
        config: Block = {"maxOutputTokens": self._limit(request)}
        if plan.temperature is not None:
            config["temperature"] = plan.temperature
        thinking: Block = {}
        if plan.thinking_budget is not None:
            thinking["thinkingBudget"] = plan.thinking_budget
        if plan.thinking_level is not None:
            thinking["thinkingLevel"] = plan.thinking_level
        if thinking:
            config["thinkingConfig"] = thinking
        if request.schema is not None and not request.tools:
            config["responseMimeType"] = "application/json"
            config["responseJsonSchema"] = dict(request.schema)
        return config

    def _limit(self, request: ChatRequest) -> int:
        """Thoughts count as well."""
        words = self.plan.max_tokens or USUAL_TOKENS
        if request.purpose is not Purpose.CONVERSE:
            words = max(ANALYSIS_TOKENS, words)
        budget = self.plan.thinking_budget
        return words + (THINKING_TOKENS if budget is None or budget < 0 else budget)


def _tool(tool: ToolSpec) -> Block:
    declared: Block = {"name": tool.name, "description": tool.description or tool.name}
    if tool.parameters.get("properties"):
        declared["parametersJsonSchema"] = {"type": "object", **tool.parameters}
    return declared


def _contents(told: list[Entry], *, signing: bool) -> list[Block]:
    turns = Turns("user", "model")
    for entry in told:
        if isinstance(entry, ToolRound):
            turns.model(*_text(entry.text), *_calls(entry.calls, signing=signing))
            turns.caller(*map(_result, entry.calls, entry.results))
        elif entry.role is Role.SYSTEM:
            turns.caller(*_text(NOTE.format(text=entry.text) if entry.text.strip() else ""))
        else:
            (turns.caller if entry.role is Role.USER else turns.model)(*_text(entry.text))
    closed = turns.closed({"text": CONNECTED}, {"text": SILENT})
    return [{"role": role, "parts": parts} for role, parts in closed]


def _text(text: str) -> list[Block]:
    return [{"text": text}] if text.strip() else []


def _kept(call: ToolCall) -> dict[str, str]:
    """Its id and signature, where the call is this vendor's."""
    if not call.keepsake.startswith(KEEPSAKE):
        return {}
    kept: dict[str, str] = json.loads(call.keepsake.removeprefix(KEEPSAKE))
    return kept


def _calls(calls: tuple[ToolCall, ...], *, signing: bool) -> list[Block]:
    parts: list[Block] = []
    for number, call in enumerate(calls):
        kept = _kept(call)
        named = {"id": kept["id"]} if "id" in kept else {}
        part: Block = {"functionCall": {**named, "name": call.name, "args": dict(call.arguments)}}
        signature = kept.get("signature") or (FOREIGN_SIGNATURE if signing and not number else "")
        parts.append({**part, "thoughtSignature": signature} if signature else part)
    return parts


def _result(call: ToolCall, result: str) -> Block:
    try:
        said = json.loads(result)
    except (ValueError, RecursionError):
        said = result
    kept = _kept(call)
    named = {"id": kept["id"]} if "id" in kept else {}
    response = said if isinstance(said, dict) else {"output": said}
    return {"functionResponse": {**named, "name": call.name, "response": response}}
