"""A Whisper-compatible server of the operator's own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.transcribers.assembly_ai import SocketUrl
from aywa.model.transcribers.base import AnyTranscriber, LanguageTag, ModelName


class WhisperTranscriber(AnyTranscriber):
    """`transport` "http": each utterance is posted to `/v1/audio/transcriptions`; "websocket": WhisperLive's.

    `url`: the server's address, without the path of the endpoint; else the credential's is used.
    """

    provider: Literal["whisper"]
    transport: Literal["http", "websocket"] = "http"
    url: SocketUrl | None = None
    model: ModelName = "small"
    language: LanguageTag | None = None
    prompt: str | None = Field(None, min_length=1, max_length=2000)
    temperature: float | None = Field(None, ge=0, le=1)
    timeout_seconds: float = Field(8, ge=1, le=60)
