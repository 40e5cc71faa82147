"""The conversation as the model sees it: what the caller said and heard, and what the tools answered.

A call of hours does not grow without end, nor do its requests: beyond `MOST_CHARACTERS` the oldest turns go,
a quarter at a time, so that providers which keep a request's beginning need not read it anew every turn.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from aywa.ports.llm import ChatRequest, Message, Role, ToolCall, ToolSpec
from aywa.turn.joining import joined

MOST_CHARACTERS = 100_000  # some 25,000 tokens, or two hours of one side talking without a pause
_KEPT_SHARE = 0.75
LEFT_OUT = "The beginning of this conversation is left out."


@dataclass(slots=True)
class _ToolRound:
    """Tool calls of one answer and the results that have come."""

    message: Message
    results: list[Message]

    @property
    def answered(self) -> bool:
        """Whether all results are there."""
        return len(self.results) >= len(self.message.tool_calls)


class Context:
    """An assistant message holds what was heard; a tool's result stands behind its call whenever it comes."""

    def __init__(self, prompt: str, *, most_characters: int = MOST_CHARACTERS) -> None:
        """`most_characters`: of all that follows the prompt."""
        self._head = [Message(Role.SYSTEM, prompt)]
        self._most = most_characters
        self._entries: list[Message | _ToolRound] = []
        self.user_turns = 0  # how often the caller has spoken; what he says without an answer between is once

    def user_said(self, text: str) -> None:
        """Two messages of the caller with no answer between them are one turn."""
        if self._entries and isinstance(last := self._entries[-1], Message) and last.role is Role.USER:
            self._entries[-1] = replace(last, text=joined((last.text, text)))
        else:
            self._shorten()
            self.user_turns += 1
            self._entries.append(Message(Role.USER, _once(text)))

    def user_amended(self, text: str) -> None:
        """The caller's last message should have read so."""
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if isinstance(entry, Message) and entry.role is Role.USER:
                self._entries[index] = replace(entry, text=text)
                return
        self.user_said(text)

    def note(self, text: str) -> None:
        """Tell the model what it cannot have heard: what became of a transfer, for one."""
        self._entries.append(Message(Role.SYSTEM, text))

    def put(self, role: Role, text: str) -> None:
        """What an operator adds: as if it were said (USER, ASSISTANT), or a word to the model (SYSTEM)."""
        if role is Role.USER:
            self.user_said(text)
        else:
            self._shorten()
            self._entries.append(Message(role, text))

    def lead(self, prompt: str) -> None:
        """Another prompt from now on."""
        self._head[0] = Message(Role.SYSTEM, prompt)

    def forget(self, *, last: int | None = None, spoken_only: bool = False) -> None:
        """Keep the newest `last` messages (None: all), of these only what was said if `spoken_only`.

        A tool whose result is still to come is kept.
        """
        said = (Role.USER, Role.ASSISTANT)
        kept = [
            entry
            for entry in self._entries
            if not spoken_only or (isinstance(entry, Message) and entry.role in said)
        ]
        if last is not None:
            kept = kept[len(kept) - last :] if last < len(kept) else kept
        places = {id(entry) for entry in kept}
        self._entries = [
            entry
            for entry in self._entries
            if id(entry) in places or (isinstance(entry, _ToolRound) and not entry.answered)
        ]

    def assistant_heard(self, text: str) -> None:
        """The caller heard this of an answer that is over."""
        for entry in self._entries:
            if isinstance(entry, _ToolRound) and entry.message.text:
                entry.message = replace(entry.message, text="")  # part of what was heard, or never heard
        if text:
            self._entries.append(Message(Role.ASSISTANT, _once(text)))

    def tools_called(self, calls: tuple[ToolCall, ...], said: str) -> None:
        """The model called tools after saying `said`, which the caller may or may not hear."""
        self._entries.append(_ToolRound(Message(Role.ASSISTANT, said, calls), []))

    def tool_answered(self, call: ToolCall, result: str) -> None:
        """A tool's result, whether or not the answer that wanted it still lives."""
        for entry in self._entries:
            if isinstance(entry, _ToolRound) and call in entry.message.tool_calls:
                entry.results.append(Message(Role.TOOL, result, tool_call_id=call.id))

    def messages(self) -> tuple[Message, ...]:
        """The whole conversation, the prompt first."""
        messages = list(self._head)
        for entry in self._entries:
            if isinstance(entry, Message):
                messages.append(entry)
            else:
                messages += [entry.message, *entry.results]
        return tuple(messages)

    def request(self, tools: tuple[ToolSpec, ...], then: str = "") -> ChatRequest:
        """What the model needs for the next answer; `then`: what the caller may be about to have said."""
        messages = self.messages()
        if then and messages[-1].role is Role.USER:
            messages = (*messages[:-1], replace(messages[-1], text=joined((messages[-1].text, then))))
        elif then:
            messages = (*messages, Message(Role.USER, then))
        return ChatRequest(messages, tools)

    def _shorten(self) -> None:
        """Drop the oldest turns when there is too much: whole ones, none whose tool has not answered."""
        sizes = [_characters(entry) for entry in self._entries]
        rest = sum(sizes)
        if rest <= self._most:
            return
        kept_from = 0
        for index, entry in enumerate(self._entries):
            if isinstance(entry, _ToolRound) and not entry.answered:
                break
            if isinstance(entry, Message) and entry.role is Role.USER:
                kept_from = index
                if rest <= self._most * _KEPT_SHARE:
                    break
            rest -= sizes[index]
        if kept_from:
            del self._entries[:kept_from]
            self._head[1:] = [Message(Role.SYSTEM, LEFT_OUT)]


def _once(text: str) -> str:
    """The same text for all who say it: questions, greetings and "yes" come in every call."""
    return sys.intern(str(text))


def _characters(entry: Message | _ToolRound) -> int:
    if isinstance(entry, Message):
        return len(entry.text)
    message = entry.message
    called = sum(len(str(value)) for call in message.tool_calls for value in call.arguments.values())
    return len(message.text) + called + sum(len(result.text) for result in entry.results)
