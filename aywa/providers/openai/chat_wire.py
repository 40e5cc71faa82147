"""Chat completions: the request (OpenAI's reference of the endpoint; openai-python 3.54). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.ports.llm import ChatRequest, Message, Purpose, Role, ToolCall, ToolSpec
from aywa.providers.chat.conversation import CONNECTED, ToolRound, entries
from aywa.providers.chat.exchange import ChatAsk
from aywa.providers.openai.chat_reader import CompletionReader
from aywa.providers.openai.dialect import Dialect, SchemaWay, reasons

USUAL_TEMPERATURE = 0.5
USUAL_TOKENS = 250  # of what is spoken
ANALYSIS_TOKENS = 4096  # of what is written about a call


@dataclass(frozen=True, slots=True)
class CompletionWire:
    """One assistant's model. `extra`: further fields of the body, which may not replace ours."""

    provider: str
    model: str
    path: str
    dialect: Dialect
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    def ask(self, request: ChatRequest) -> ChatAsk:
        """See `ChatWire`."""
        body: dict[str, object] = {
            **self.extra,
            "model": self.model,
            "messages": _messages(request.messages, user_first=self.dialect.user_first),
            "stream": True,
            **self._limits(request),
        }
        if self.dialect.usage:
            body["stream_options"] = {"include_usage": True}
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        if request.schema is not None and (shape := self._shape(request.schema)) is not None:
            body["response_format"] = shape
        headers = {**self.headers, "Content-Type": "application/json", "Accept": "text/event-stream"}
        return ChatAsk(self.path, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), headers)

    def reader(self, request: ChatRequest) -> CompletionReader:
        """See `ChatWire`."""
        return CompletionReader(self.provider, request, strict_end=self.dialect.strict_end)

    def _limits(self, request: ChatRequest) -> dict[str, object]:
        """How long, how freely and how thoughtfully it answers."""
        thinks = self.dialect.strict_end and reasons(self.model) and self.reasoning_effort != "none"
        limits: dict[str, object] = {}
        if self.temperature is not None or not (self.dialect.strict_end and reasons(self.model)):
            limits["temperature"] = USUAL_TEMPERATURE if self.temperature is None else self.temperature
        if request.purpose is not Purpose.CONVERSE:
            limits[self.dialect.limit] = max(ANALYSIS_TOKENS, self.max_tokens or 0)
        elif self.max_tokens is not None or not thinks:  # thoughts count as well, and would leave no words
            limits[self.dialect.limit] = self.max_tokens or USUAL_TOKENS
        if self.reasoning_effort is not None:
            limits["reasoning_effort"] = self.reasoning_effort
        return limits

    def _shape(self, schema: Mapping[str, object]) -> dict[str, object] | None:
        """An answer that is no object cannot be asked for so."""
        if schema.get("type") != "object" or self.dialect.schema is SchemaWay.PROMPT:
            return None
        if self.dialect.schema is SchemaWay.JSON_OBJECT:
            return {"type": "json_object"}
        named = {"name": "answer", "schema": dict(schema), "strict": False}
        return {"type": "json_schema", "json_schema": named}


def _tool(tool: ToolSpec) -> dict[str, object]:
    parameters = {"type": "object", "properties": {}, **tool.parameters}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _messages(messages: tuple[Message, ...], *, user_first: bool) -> list[dict[str, object]]:
    told: list[dict[str, object]] = []
    for entry in entries(messages):
        if isinstance(entry, ToolRound):
            told.append(
                {
                    "role": "assistant",
                    "content": entry.text or None,
                    "tool_calls": [_call(call) for call in entry.calls],
                }
            )
            for call, result in zip(entry.calls, entry.results, strict=True):
                told.append({"role": "tool", "tool_call_id": call.id, "content": result})
        else:
            told.append({"role": entry.role.value, "content": entry.text})
    if user_first and not any(message.role is Role.USER for message in messages):
        told.append({"role": "user", "content": CONNECTED})
    return told


def _call(call: ToolCall) -> dict[str, object]:
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
