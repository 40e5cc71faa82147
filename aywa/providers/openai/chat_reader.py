"""Chat completions: the streamed answer, as OpenAI sends it and as others do. Pure.

What others do: leave out the index of a tool call, or give all of them the same; give arguments as an object,
or whole in one piece; leave out or repeat ids; end without `[DONE]`, or without a `finish_reason`; count
tokens in every chunk, or never; think in `reasoning_content`, `reasoning`, or between marks in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
from aywa.providers.chat.thoughts import ThoughtFilter
from aywa.providers.web.sse import SseEvent
from aywa.turn.speculation_budget import estimated_tokens


@dataclass(slots=True)
class _Call:
    """A tool call that is being written."""

    index: object
    id: str = ""
    name: str = ""
    written: list[str] = field(default_factory=list)
    whole: object = None  # arguments that came as an object
    length: int = 0


class CompletionReader:
    """Reads one answer."""

    def __init__(self, provider: str, request: ChatRequest, *, strict_end: bool = False) -> None:
        """`strict_end`: without a `finish_reason` the answer was cut."""
        self.substance = 0
        self._provider = provider
        self._request = request
        self._strict = strict_end
        self._thoughts = ThoughtFilter()
        self._calls: list[_Call] = []
        self._reason = ""
        self._characters = 0
        self._usage: Mapping[str, object] = {}
        self._done = False

    @property
    def settled(self) -> bool:
        """See `ChatReader`."""
        return bool(self._reason)

    def receive(self, event: SseEvent) -> list[ChatEvent]:
        """See `ChatReader`."""
        data = event.data
        if self._done or not data:
            return []
        if data == "[DONE]":
            return self._end()
        chunk = read_object(self._provider, data)
        if event.event == "error" or chunk.get("error"):
            raise stream_error(self._provider, chunk.get("error", chunk))
        self._count(chunk)
        choices = chunk.get("choices") or ()
        if not isinstance(choices, list | tuple):
            raise protocol_error(self._provider, "The choices of a chunk are no list")
        events: list[ChatEvent] = []
        for choice in choices[:1]:
            self._choice(choice, events)
        return events

    def finish(self) -> list[ChatEvent]:
        """See `ChatReader`."""
        if self._done:
            return []
        if not self._reason:
            raise broken_off(self._provider)
        return self._end()

    def _choice(self, choice: object, events: list[ChatEvent]) -> None:
        if not isinstance(choice, dict):
            raise protocol_error(self._provider, "A choice is no object")
        delta = choice.get("delta") or choice.get("message") or {}
        if not isinstance(delta, dict):
            raise protocol_error(self._provider, "A delta is no object")
        if text := _text(delta.get("content")) or _text(delta.get("refusal")):
            if self._reason:
                raise protocol_error(self._provider, "Text came after the end of the answer")
            self._say(self._thoughts.take(spoken(text)), events)
        if calls := delta.get("tool_calls"):
            for call in calls if isinstance(calls, list) else ():
                self._piece(call)
        elif function := delta.get("function_call"):
            self._piece({"index": 0, "function": function})
        reason = choice.get("finish_reason")
        if reason == "error":
            raise stream_error(self._provider, choice.get("error"))
        if isinstance(reason, str) and reason:
            self._reason = reason

    def _say(self, text: str, events: list[ChatEvent]) -> None:
        if text:
            self.substance += 1
            self._characters += len(text)
            events.append(Token(text))

    def _piece(self, piece: object) -> None:
        """A piece of a tool call."""
        function = piece.get("function") if isinstance(piece, dict) else None
        if not isinstance(piece, dict) or not isinstance(function, dict | None):
            raise protocol_error(self._provider, "A piece of a tool call is no object")
        function = function or {}
        call_id, name = _text(piece.get("id")), _text(function.get("name"))
        call = self._call_of(piece.get("index"), call_id, name)
        call.id = call.id or call_id
        call.name = call.name or name
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            call.length += len(arguments)
            if call.length > MAX_ARGUMENTS:
                call.written = ["too long"]  # which is no JSON
            else:
                call.written.append(arguments)
        elif arguments is not None:
            call.whole = arguments
        self.substance += 1

    def _call_of(self, index: object, call_id: str, name: str) -> _Call:
        """The call that a piece belongs to: by its index, as far as the server means it, else by its id."""
        if index is None:
            named = next((call for call in self._calls if call_id and call.id == call_id), None)
            last = named or (self._calls[-1] if self._calls else None)
            begins = named is None and bool(call_id or (name and last is not None and last.name))
        else:
            last = next((call for call in reversed(self._calls) if call.index == index), None)
            begins = last is not None and (
                (bool(call_id) and bool(last.id) and call_id != last.id)
                or (not call_id and bool(name) and bool(last.name) and name != last.name)
            )
        if last is not None and not begins:
            return last
        if len(self._calls) == MAX_CALLS:
            raise protocol_error(self._provider, "The model calls more tools at once than any answer may")
        self._calls.append(_Call(index))
        return self._calls[-1]

    def _end(self) -> list[ChatEvent]:
        """All of it is here."""
        if self._strict and not self._reason:
            raise protocol_error(self._provider, "The answer ended without its reason")
        events: list[ChatEvent] = []
        self._say(self._thoughts.finish(), events)
        if self._reason == "content_filter" and not self._characters:
            raise withheld(self._provider, self._reason)
        taken = taken_ids(self._request)
        for call in self._calls:
            written = "".join(call.written) if call.whole is None else call.whole
            made = tool_call(call.id, call.name, written, taken)
            taken.add(made.id)
            events.append(made)
        self._done = True
        self._reason = self._reason or "stop"
        events.append(self._figures())
        return events

    def _count(self, chunk: Mapping[str, object]) -> None:
        usage = chunk.get("usage")
        if usage is None and isinstance(beside := chunk.get("x_groq"), dict):
            usage = beside.get("usage")
        if isinstance(usage, dict) and usage.get("prompt_tokens") is not None:
            self._usage = usage

    def _figures(self) -> Done:
        usage = self._usage
        if not usage:
            written = self._characters + sum(call.length + len(call.name) for call in self._calls)
            return Done(
                prompt_tokens=prompt_estimate(self._request),
                completion_tokens=estimated_tokens("x" * written),
                estimated=True,
            )
        details = usage.get("prompt_tokens_details")
        cached = details.get("cached_tokens") if isinstance(details, dict) else None
        if cached is None:
            cached = usage.get("prompt_cache_hit_tokens")
        return Done(
            prompt_tokens=_number(usage.get("prompt_tokens")),
            completion_tokens=_number(usage.get("completion_tokens")),
            cached_prompt_tokens=_number(cached),
        )


def _text(value: object) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = (part.get("text") for part in value if isinstance(part, dict) and part.get("type") == "text")
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
