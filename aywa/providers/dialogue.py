"""Where a scripted conversation stands, worked out afresh from its messages. Pure.

Nothing is remembered between generations: like a real language model, the script reads what was said and what
the tools answered, so an interrupted answer or a lost generation leaves no stale state behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from aywa.model.script import Intent, Script
from aywa.ports.llm import Message, Role, ToolCall

TRANSFER_TOOL = "transferCall"  # the call's own, not the scenario's


class Reply(Enum):
    """What the assistant has to say next."""

    GREET = "nothing was said yet"
    ASK = "a slot is open"
    HELP = "the last answer meant nothing"
    ACT = "everything is known: call the tool"
    SETTLED = "the tool has answered"
    REFUSED = "the tool could not do it"
    UNDONE = "the caller took it back"
    ANYTHING_ELSE = "the caller thanked"
    CLOSING = "the caller said goodbye"
    TRANSFER = "the caller wants a person"
    CONNECTING = "the transfer has begun"
    NOBODY = "there is no transfer"
    GIVE_UP = "too many answers in a row meant nothing"


@dataclass(slots=True)
class Standing:
    """The state of a scripted conversation after its last message."""

    values: dict[str, object] = field(default_factory=dict)
    result: Mapping[str, object] | None = None  # of the tool, while it holds
    undo: list[Mapping[str, object]] = field(
        default_factory=list
    )  # results to take back before anything else
    failures: int = 0
    filled_now: str | None = None  # the slot the last utterance settled
    reply: Reply = Reply.GREET

    def open_slot(self, script: Script) -> str | None:
        """The slot to ask for, or None when all are filled."""
        return next((slot.name for slot in script.slots if slot.name not in self.values), None)


def read_conversation(script: Script, messages: Iterable[Message]) -> Standing:
    """Replay a conversation and return where it stands."""
    standing = Standing()
    calls: dict[str, ToolCall] = {}
    for message in messages:
        if message.role is Role.ASSISTANT:
            calls.update((call.id, call) for call in message.tool_calls)
        elif message.role is Role.USER:
            _hear(script, standing, message.text)
        elif message.role is Role.TOOL and (call := calls.get(message.tool_call_id or "")) is not None:
            _take_result(script, standing, call, message.text)
    return standing


def _hear(script: Script, standing: Standing, text: str) -> None:
    heard = script.understand(text, standing.open_slot(script))
    standing.filled_now = None
    if heard.nothing:
        standing.failures += 1
        standing.reply = Reply.GIVE_UP if standing.failures >= script.patience else Reply.HELP
        return
    standing.failures = 0
    if Intent.CANCEL in heard.intents:
        _take_back(standing)
        standing.values.clear()
        standing.reply = Reply.UNDONE
    if heard.answers:
        if standing.result is not None:  # a settled matter is changed
            _take_back(standing)
        standing.values.update(heard.answers)
        standing.filled_now = heard.answers[-1][0]
        standing.reply = Reply.ACT if standing.open_slot(script) is None else Reply.ASK
    if Intent.HUMAN in heard.intents:
        standing.reply = Reply.TRANSFER
    elif Intent.GOODBYE in heard.intents:
        standing.reply = Reply.CLOSING
    elif not heard.answers and Intent.CANCEL not in heard.intents:
        standing.reply = _courtesy(script, standing, heard.intents)


def _courtesy(script: Script, standing: Standing, intents: tuple[Intent, ...]) -> Reply:
    """The reply to an utterance that was neither an answer nor a farewell."""
    if Intent.HELP in intents:
        return Reply.HELP if standing.result is None else Reply.SETTLED
    if standing.result is not None:
        if Intent.NO in intents:
            return Reply.CLOSING
        return Reply.ANYTHING_ELSE if Intent.THANKS in intents else Reply.SETTLED
    return Reply.ASK if standing.open_slot(script) is not None else Reply.ACT


def _take_back(standing: Standing) -> None:
    if standing.result is not None:
        standing.undo.append(standing.result)
        standing.result = None


def _take_result(script: Script, standing: Standing, call: ToolCall, text: str) -> None:
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError:
        parsed = {"error": "no JSON"}
    result: Mapping[str, object] = parsed if isinstance(parsed, dict) else {"error": "no object"}
    if call.name == TRANSFER_TOOL:
        standing.reply = Reply.NOBODY if "error" in result else Reply.CONNECTING
    elif call.name == script.undo_tool:
        standing.undo = [
            held
            for held in standing.undo
            if held.get(script.undo_argument) != call.arguments.get(script.undo_argument)
        ]
    elif call.name == script.tool and standing.reply is Reply.ACT:
        if "error" in result:
            standing.values.clear()
            standing.reply = Reply.REFUSED
        else:
            standing.result = result
            standing.reply = Reply.SETTLED
