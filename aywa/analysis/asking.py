"""One question to the model: bounded in time, asked once more when the answer is not what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

import trio

from aywa.analysis.schema import MAX_ANSWER, BadSchema, Unfit
from aywa.errors import ProviderError
from aywa.model.costs import Tokens
from aywa.ports.llm import ChatModel, ChatRequest, Done, Message, Role, Token

TRIES = 2
_AGAIN = "That is not valid: {why}. Answer again, with nothing but what was asked for."


class Came(Enum):
    """What became of a question."""

    ANSWERED = "answered"
    UNFIT = "unfit"  # however often it was asked
    TIMEOUT = "timeout"
    FAILED = "failed"  # the provider did
    BAD_SCHEMA = "bad_schema"


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is None unless it was answered. `tokens`: of all tries that came to their end."""

    came: Came
    value: object = None
    tokens: Tokens = field(default_factory=Tokens)


async def ask(
    model: ChatModel, request: ChatRequest, read: Callable[[str], object], bound_s: float
) -> Answer:
    """Ask, for at most `bound_s` seconds in all. `read` takes the text, and raises `Unfit` or `BadSchema`."""
    tokens, came = Tokens(), Came.UNFIT
    with trio.move_on_after(bound_s) as bound:
        for _ in range(TRIES):
            try:
                text, used = await _complete(model, request)
            except ProviderError as error:
                came = Came.FAILED
                if not error.retryable:
                    break
                continue
            tokens += used
            try:
                return Answer(Came.ANSWERED, read(text), tokens)
            except Unfit as unfit:
                came, request = Came.UNFIT, _again(request, text, unfit.why)
            except BadSchema:
                return Answer(Came.BAD_SCHEMA, None, tokens)
    return Answer(Came.TIMEOUT if bound.cancelled_caught else came, None, tokens)


async def _complete(model: ChatModel, request: ChatRequest) -> tuple[str, Tokens]:
    pieces: list[str] = []
    length, tokens = 0, Tokens()
    async with model.stream(request) as events:
        async for event in events:
            match event:
                case Token(text):
                    length += len(text)
                    if length <= MAX_ANSWER + 1:  # one more than may be, so that it is seen to be too long
                        pieces.append(text)
                case Done():
                    tokens = Tokens(event.prompt_tokens, event.completion_tokens, event.cached_prompt_tokens)
    return "".join(pieces), tokens


def _again(request: ChatRequest, text: str, why: str) -> ChatRequest:
    told = (Message(Role.ASSISTANT, text[:MAX_ANSWER]), Message(Role.USER, _AGAIN.format(why=why)))
    return replace(request, messages=(*request.messages, *told))
