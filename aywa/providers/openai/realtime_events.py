"""What a realtime conversation tells. Times in milliseconds of the caller's sound since the session began."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from aywa.ports.llm import ToolCall


@dataclass(frozen=True, slots=True)
class SessionReady:
    """The session is there; `configured`: as it was asked for."""

    configured: bool


@dataclass(frozen=True, slots=True)
class CallerBegan:
    """The server hears the caller speak: an answer that is being spoken is to stop."""

    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallerEnded:
    """And no more."""

    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallerSaid:
    """What the caller said."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class AudioCame:
    """Sound of the answer, in the session's format."""

    item_id: str
    content_index: int
    audio: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WordsCame:
    """Words of the answer, of any length."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model asks for a tool."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer is over: `status` is completed, cancelled, failed or incomplete."""

    response_id: str
    status: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_prompt_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ErrorCame:
    """The server did not take something; most such errors leave the session as it is."""

    code: str


RealtimeEvent: TypeAlias = (
    SessionReady
    | CallerBegan
    | CallerEnded
    | CallerSaid
    | AudioCame
    | WordsCame
    | ToolCalled
    | Answered
    | ErrorCame
)
