"""AssemblyAI: universal streaming, v3."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from aywa.model.transcribers.base import ConfidentPlan, LanguageTag, ModelName, Term


def _socket_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        right = parts.port != 0
    except ValueError:
        right = False
    if not right or parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
        raise ValueError("must be a ws, wss, http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials")
    return url


SocketUrl = Annotated[
    str, Field(max_length=2048, pattern=r"^(wss?|https?)://[!-~]+$"), AfterValidator(_socket_url)
]


class AssemblyAiTranscriber(ConfidentPlan):
    """Times in milliseconds. `realtimeUrl` is used instead of the credential's address.

    `wordBoost` is what `keytermsPrompt` was called before: both are sent as key terms.
    `vadAssistedEndpointingEnabled` is kept for those who have it: the streaming API has no such switch now.
    """

    provider: Literal["assembly-ai"]
    language: LanguageTag | Literal["multi"] | None = None
    speech_model: ModelName | None = None
    format_turns: bool = True
    end_of_turn_confidence_threshold: float = Field(0.7, ge=0, le=1)
    min_end_of_turn_silence_when_confident: int = Field(160, ge=0, le=10_000)
    max_turn_silence: int = Field(400, ge=0, le=10_000)
    vad_assisted_endpointing_enabled: bool = True
    keyterms_prompt: tuple[Term, ...] = Field((), max_length=100)
    word_boost: tuple[Term, ...] = Field((), max_length=100)
    realtime_url: SocketUrl | None = None
