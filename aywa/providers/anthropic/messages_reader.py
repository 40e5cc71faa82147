"""Anthropic's messages: the streamed answer. Pure.

```
message_start ─► (content_block_start ─► …_delta, often ─► …_stop), often ─► message_delta ─► message_stop
```
`ping` comes at any time, and so may events of later versions, which are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.errors import ProviderError
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Token
from aywa.providers.chat.arguments import MAX_ARGUMENTS, MAX_CALLS, tool_call
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

KEEPSAKE = "anthropic:"
_REFUSALS = frozenset({"refusal", "model_context_window_exceeded"})


@dataclass(slots=True)
class _Block:
    """One block of the answer's content."""

    kind: str
    id: str = ""
    name: str = ""
    given: object = None  # arguments that came whole
    written: list[str] = field(default_factory=list)
    length: int = 0
    signature: str = ""
    data: str = ""  # of a thought that is sealed


class MessageReader:
    """Reads one answer."""

    def __init__(self, provider: str, request: ChatRequest, *, answer_tool: str | None = None) -> None:
        """`answer_tool`: what this tool is called with is the answer's text."""
        self.substance = 0
        self._provider = provider
        self._request = request
        self._answer_tool = answer_tool
        self._blocks: dict[object, _Block] = {}
        self._begun = False
        self._reason = ""
        self._characters = 0
        self._usage: dict[str, int] = {}
        self._done = False

    @property
    def settled(self) -> bool:
        """See `ChatReader`."""
        return bool(self._reason)

    def receive(self, event: SseEvent) -> list[ChatEvent]:
        """See `ChatReader`."""
        if self._done or event.event == "ping":
            return []
        said = read_object(self._provider, event.data)
        kind = said.get("type", event.event)
        match kind:
            case "content_block_delta":
                return self._delta(self._block(said), _part(said, "delta"))
            case "content_block_start":
                return self._start(said)
            case "message_start":
                if self._begun:
                    raise self._wrong("The message began twice")
                self._begun = True
                self._count(_part(_part(said, "message"), "usage"))
            case "message_delta":
                reason = _part(said, "delta").get("stop_reason")
                self._reason = reason if isinstance(reason, str) and reason else self._reason
                self._count(_part(said, "usage"))
            case "message_stop":
                if not self._reason:
                    raise self._wrong("The message stopped without its reason")
                return self._end()
            case "error":
                raise stream_error(self._provider, said.get("error"))
        return []

    def finish(self) -> list[ChatEvent]:
        """See `ChatReader`."""
        if self._done:
            return []
        if not self._reason:
            raise broken_off(self._provider)
        return self._end()

    def _block(self, said: Mapping[str, object]) -> _Block:
        index = said.get("index")
        block = self._blocks.get(index) if isinstance(index, int) else None
        if block is None or self._reason:
            raise self._wrong("A piece of the message belongs to no block")
        return block

    def _start(self, said: Mapping[str, object]) -> list[ChatEvent]:
        index, content = said.get("index"), _part(said, "content_block")
        if not self._begun or self._reason or not isinstance(index, int) or index in self._blocks:
            raise self._wrong("A block of the message began where none may")
        if len(self._blocks) >= 4 * MAX_CALLS:
            raise self._wrong("The message has more blocks than any answer may")
        block = _Block(_string(content, "type"), _string(content, "id"), _string(content, "name"))
        block.given, block.data = content.get("input"), _string(content, "data")
        self._blocks[index] = block
        text = _string(content, "text")
        return self._say(text) if text and block.kind == "text" else []

    def _delta(self, block: _Block, delta: Mapping[str, object]) -> list[ChatEvent]:
        match delta.get("type"):
            case "text_delta" if block.kind == "text":
                return self._say(_string(delta, "text"))
            case "input_json_delta" if block.kind == "tool_use":
                written = _string(delta, "partial_json")
                if block.name == self._answer_tool:
                    return self._say(written)
                self.substance += 1
                block.length += len(written)
                if block.length > MAX_ARGUMENTS:
                    block.written = ["too long"]  # which is no JSON
                else:
                    block.written.append(written)
            case "thinking_delta" if block.length <= MAX_ARGUMENTS:
                block.length += len(_string(delta, "thinking"))
                block.written.append(_string(delta, "thinking"))
            case "signature_delta":
                block.signature += _string(delta, "signature")
        return []

    def _say(self, text: str) -> list[ChatEvent]:
        text = spoken(text)
        if not text:
            return []
        self.substance += 1
        self._characters += len(text)
        return [Token(text)]

    def _end(self) -> list[ChatEvent]:
        """All of it is here."""
        blocks = self._blocks.values()
        uses = [block for block in blocks if block.kind == "tool_use" and block.name != self._answer_tool]
        if self._reason in _REFUSALS and not self._characters and not uses:
            raise withheld(self._provider, self._reason)
        if len(uses) > MAX_CALLS:
            raise self._wrong("The model calls more tools at once than any answer may")
        events: list[ChatEvent] = []
        taken, keepsake = taken_ids(self._request), self._thoughts()
        for use in uses:
            written = "".join(use.written)
            made = tool_call(use.id, use.name, written or use.given or "", taken, keepsake)
            taken.add(made.id)
            keepsake = ""
            events.append(made)
        self._done = True
        events.append(self._figures())
        return events

    def _thoughts(self) -> str:
        """What has to go back with the first tool call."""
        thoughts: list[dict[str, str]] = []
        for block in self._blocks.values():
            if block.kind == "thinking":
                text = "".join(block.written)
                thoughts.append({"type": "thinking", "thinking": text, "signature": block.signature})
            elif block.kind == "redacted_thinking":
                thoughts.append({"type": "redacted_thinking", "data": block.data})
        return KEEPSAKE + json.dumps(thoughts) if thoughts else ""

    def _count(self, usage: Mapping[str, object]) -> None:
        """Later figures replace those before."""
        for name in (
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
        ):
            value = usage.get(name)
            if isinstance(value, int) and value >= 0:
                self._usage[name] = value

    def _figures(self) -> Done:
        usage = self._usage
        if not usage:
            written = self._characters + sum(block.length for block in self._blocks.values())
            return Done(
                prompt_tokens=prompt_estimate(self._request),
                completion_tokens=estimated_tokens("x" * written),
                estimated=True,
            )
        cached = usage.get("cache_read_input_tokens", 0)
        fresh = usage.get("input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)
        return Done(
            prompt_tokens=fresh + cached,
            completion_tokens=usage.get("output_tokens", 0),
            cached_prompt_tokens=cached,
        )

    def _wrong(self, detail: str) -> ProviderError:
        return protocol_error(self._provider, detail)


def _part(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _string(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""
