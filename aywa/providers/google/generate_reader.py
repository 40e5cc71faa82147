"""Gemini's `streamGenerateContent`: the streamed answer. Pure.

Each event is a whole response with the next parts of the answer; the last has a `finishReason`, and then the
stream ends without a mark. Parts with `thought` are never spoken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aywa.ports.llm import ChatEvent, ChatRequest, Done, Token, ToolCall
from aywa.providers.chat.arguments import MAX_CALLS, tool_call
from aywa.providers.chat.conversation import prompt_estimate, taken_ids
from aywa.providers.chat.mistakes import (
    broken_off,
    protocol_error,
    read_object,
    spoken,
    stream_error,
    withheld,
)
from aywa.providers.web.sse import SseEvent
from aywa.turn.speculation_budget import estimated_tokens

KEEPSAKE = "google:"
_WHOLE = frozenset({"STOP", "MAX_TOKENS"})
# What the model did wrong; it may do better the next time.
_SLIPS = frozenset(
    {
        *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"),
        "MISSING_THOUGHT_SIGNATURE",
    }
)


class GenerateReader:
    """Reads one answer."""

    def __init__(self, provider: str, request: ChatRequest) -> None:
        self.substance = 0
        self._provider = provider
        self._request = request
        self._calls: list[ToolCall] = []
        self._taken = taken_ids(request)
        self._reason = ""
        self._characters = 0
        self._usage: Mapping[str, object] = {}

    @property
    def settled(self) -> bool:
        """See `ChatReader`."""
        return bool(self._reason)

    def receive(self, event: SseEvent) -> list[ChatEvent]:
        """See `ChatReader`."""
        said = read_object(self._provider, event.data)
        if "error" in said:
            raise stream_error(self._provider, said["error"])
        usage = said.get("usageMetadata")
        if isinstance(usage, dict):
            self._usage = usage
        feedback = said.get("promptFeedback")
        if isinstance(feedback, dict) and isinstance(blocked := feedback.get("blockReason"), str):
            raise withheld(self._provider, blocked)
        candidates = said.get("candidates")
        if not candidates:
            return []
        candidate = candidates[0] if isinstance(candidates, list) else None
        if not isinstance(candidate, dict):
            raise protocol_error(self._provider, "The candidates of a chunk are no list of objects")
        events = self._parts(candidate.get("content"))
        reason = candidate.get("finishReason")
        self._reason = reason if isinstance(reason, str) else ""
        return events

    def finish(self) -> list[ChatEvent]:
        """See `ChatReader`."""
        if not self._reason:
            raise broken_off(self._provider)
        if self._reason in _SLIPS:
            raise protocol_error(self._provider, f"The model slipped ({self._reason.lower()})")
        if self._reason not in _WHOLE and not self._characters and not self._calls:
            raise withheld(self._provider, self._reason)
        return [*self._calls, self._figures()]

    def _parts(self, content: object) -> list[ChatEvent]:
        parts = content.get("parts") if isinstance(content, dict) else None
        events: list[ChatEvent] = []
        for part in parts if isinstance(parts, list) else ():
            if not isinstance(part, dict):
                raise protocol_error(self._provider, "A part of the answer is no object")
            call, text = part.get("functionCall"), part.get("text")
            if isinstance(call, dict):
                self._call(call, part.get("thoughtSignature"))
            elif isinstance(text, str) and text and not part.get("thought"):
                self.substance += 1
                self._characters += len(text)
                events.append(Token(spoken(text)))
        return events

    def _call(self, call: Mapping[str, object], signature: object) -> None:
        if len(self._calls) == MAX_CALLS:
            raise protocol_error(self._provider, "The model calls more tools at once than any answer may")
        self.substance += 1
        name, given, call_id = call.get("name"), call.get("args"), call.get("id")
        kept = {"id": call_id, "signature": signature}
        kept = {key: value for key, value in kept.items() if isinstance(value, str) and value}
        made = tool_call(
            call_id if isinstance(call_id, str) else "",
            name if isinstance(name, str) else "",
            {} if given is None else given,
            self._taken,
            KEEPSAKE + json.dumps(kept) if kept else "",
        )
        self._taken.add(made.id)
        self._calls.append(made)

    def _figures(self) -> Done:
        usage = self._usage
        if not usage:
            written = self._characters + sum(len(str(dict(call.arguments))) for call in self._calls)
            return Done(
                prompt_tokens=prompt_estimate(self._request),
                completion_tokens=estimated_tokens("x" * written),
                estimated=True,
            )
        return Done(
            prompt_tokens=_number(usage, "promptTokenCount") + _number(usage, "toolUsePromptTokenCount"),
            completion_tokens=_number(usage, "candidatesTokenCount") + _number(usage, "thoughtsTokenCount"),
            cached_prompt_tokens=_number(usage, "cachedContentTokenCount"),
        )


def _number(usage: Mapping[str, object], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0
