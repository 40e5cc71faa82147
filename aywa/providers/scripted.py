"""The scripted model: a scenario's script behind the port of a real language model, tool calls included."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager

import trio

from aywa.model.script import Script
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Expect, Message, Purpose, Role, Token, ToolCall
from aywa.providers.dialogue import TRANSFER_TOOL, Reply, Standing, read_conversation
from aywa.providers.scripted_analysis import analyse

_TOKEN = re.compile(r"\S+\s*")
_ENDINGS = (Reply.CLOSING, Reply.GIVE_UP)


class ScriptedModel:
    """Answers from a script. It keeps no state: every generation reads the whole conversation."""

    name = "scripted"

    def __init__(self, script: Script) -> None:
        self._script = script

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """One generation: `Expect` first (the caller may interrupt at once), text or tool calls, `Done`."""
        if request.purpose is Purpose.CONVERSE:
            events = tuple(answer(self._script, request.messages))
        else:
            events = tuple(analyse(self._script, request))
        await trio.lowlevel.checkpoint()
        iterator = _each(events)
        try:
            yield iterator
        finally:
            await iterator.aclose()


async def _each(events: tuple[ChatEvent, ...]) -> AsyncGenerator[ChatEvent, None]:
    for event in events:
        await trio.lowlevel.checkpoint()
        yield event


def answer(script: Script, messages: tuple[Message, ...]) -> Iterator[ChatEvent]:
    """What the script answers to a conversation."""
    standing = read_conversation(script, messages)
    yield Expect(script.phrases_for(standing.open_slot(script), tuple(standing.values)))
    count = max((_number(call.id) for message in messages for call in message.tool_calls), default=0)
    calls = tuple(_tool_calls(script, standing, count))
    yield from calls
    text = "" if calls else _text(script, standing)
    pieces = _TOKEN.findall(text)
    for piece in pieces:
        yield Token(piece)
    yield Done(
        end_call=not calls and standing.reply in _ENDINGS,
        prompt_tokens=sum(len(message.text.split()) for message in messages if message.role is not Role.TOOL),
        completion_tokens=len(pieces),
    )


def _number(call_id: str) -> int:
    """Counted on from the last one: the beginning of a long conversation may be missing."""
    digits = call_id.removeprefix("call-")
    return int(digits) if digits.isdecimal() else 0


def _tool_calls(script: Script, standing: Standing, count: int) -> Iterator[ToolCall]:
    """Take back what no longer holds, then act if everything is known. Ids count up through the call."""
    if script.undo_tool:
        for result in standing.undo:
            count += 1
            yield ToolCall(
                f"call-{count}", script.undo_tool, {script.undo_argument: result.get(script.undo_argument)}
            )
    if standing.reply is Reply.TRANSFER:
        yield ToolCall(f"call-{count + 1}", TRANSFER_TOOL, {})
    if standing.reply is Reply.ACT:
        yield ToolCall(f"call-{count + 1}", script.tool, dict(standing.values))


def _text(script: Script, standing: Standing) -> str:
    asked = standing.open_slot(script)
    question = script.slot(asked).prompt if asked is not None else ""
    match standing.reply:
        case Reply.GREET:
            return f"{script.greeting} {question}"
        case Reply.ASK:
            return f"{_echo(script, standing)} {question}".strip()
        case Reply.HELP:
            return script.slot(asked).help if asked is not None else script.anything_else
        case Reply.SETTLED:
            return _fill(script.settled, {**standing.values, **(standing.result or {})})
        case Reply.REFUSED:
            return f"{script.refused} {question}"
        case Reply.UNDONE:
            return f"{script.undone} {question}"
        case Reply.ANYTHING_ELSE:
            return script.anything_else
        case Reply.CLOSING:
            return script.closing
        case Reply.GIVE_UP:
            return script.give_up
        case Reply.CONNECTING:
            return script.connecting
        case Reply.NOBODY:
            return f"{script.nobody} {question}".strip()
        case Reply.ACT | Reply.TRANSFER:  # a tool call, never text
            return ""


def _echo(script: Script, standing: Standing) -> str:
    if standing.filled_now is None:
        return ""
    value = str(standing.values[standing.filled_now])
    return script.echo.format(value=value[:1].upper() + value[1:])


def _fill(template: str, values: dict[str, object]) -> str:
    """Put values into a template; an unknown field becomes nothing, so a tool may leave one out."""
    return re.sub(r"{(\w+)}", lambda match: str(values.get(match.group(1), "")), template)
