"""The language model: a conversation in, text and tool calls out, as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from aywa.turn.expectation import Expectation, ValueKind
from aywa.turn.tool_messages import ToolMessage


class Role(Enum):
    """Who a message is from."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool; `arguments` is the JSON object it wrote, parsed.

    `unreadable`: what it wrote is no JSON object. Such a tool is never run: it is answered with the mistake,
    and the model may write it again. `keepsake`: what the provider wants back with the call, unread.
    """

    id: str
    name: str
    arguments: Mapping[str, object]
    unreadable: bool = False
    keepsake: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the conversation. An assistant message holds only what the caller heard."""

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None  # on a TOOL message: the call it answers


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it; `parameters` is a JSON schema object. `messages`: said while it runs.

    `by_server`: an organisation's server runs it, and needs not be told of it.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    messages: tuple[ToolMessage, ...] = ()
    by_server: bool = False


class Purpose(Enum):
    """What an answer is for."""

    CONVERSE = "it is spoken to the caller"
    SUMMARISE = "a summary of a call that is over"
    EXTRACT = "data of such a call, as JSON"
    JUDGE = "whether such a call was a success"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything a model needs for one generation. The first message is the SYSTEM prompt.

    A conversation that holds no USER message yet asks for the greeting. `schema`: what the answer must be
    valid by, as JSON; None: it is a text.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    purpose: Purpose = Purpose.CONVERSE
    schema: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer's text, of any length."""

    text: str


@dataclass(frozen=True, slots=True)
class Expect:
    """What the model expects the caller to say next: hints for the recogniser, and where the answer ends.

    `kind` of value that is asked for (a pending tool's parameter), `digits` of it where known. Whatever is
    one of `phrases` whole is a complete answer.
    """

    phrases: tuple[str, ...] = ()
    kind: ValueKind = ValueKind.NONE
    digits: int | None = None

    @property
    def expectation(self) -> Expectation:
        """The same for the turn manager."""
        return Expectation(self.kind, self.digits, phrases=self.phrases)


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the stream. `end_call` asks for a hang-up once the answer has been heard.

    `estimated`: the provider has not counted, and the numbers of tokens are a guess.
    """

    end_call: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_prompt_tokens: int = 0  # among `prompt_tokens`
    estimated: bool = False
    provider: str = ""  # which of several has answered, as prices name it; "": the only one


@dataclass(frozen=True, slots=True)
class Working:
    """The provider is at work on what is no event yet: a tool call's arguments, or reasoning."""


class Rewind:
    """The stream broke off, and another provider goes on behind what was given so far: `said`.

    Whoever takes it may throw away the end of that which nobody was given to speak yet, before it asks for
    the next event, and says so with `keep`: the other provider then says it anew.
    """

    def __init__(self, said: str) -> None:
        self.said = said
        self._open = True

    def keep(self, said: str) -> bool:
        """Only this beginning of what was given stays; False when it is too late to say so."""
        if self._open:
            self.said = said
        return self._open

    def close(self) -> None:
        """The other provider is being asked."""
        self._open = False


ChatEvent: TypeAlias = Token | ToolCall | Expect | Working | Rewind | Done


class ChatModel(Protocol):
    """A language-model provider."""

    name: str

    def stream(self, request: ChatRequest) -> AbstractAsyncContextManager[AsyncIterator[ChatEvent]]:
        """Start one generation; the iterator ends after `Done`. Leaving the block stops the provider.

        Raises `ProviderError` from the block or from the iterator.
        """
