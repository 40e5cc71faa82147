"""Voices of OpenAI's, and of servers that speak as it does."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from aywa.model.voices.base import ModelId, ProviderVoice, VoiceId

Instructions = Annotated[str, StringConstraints(max_length=10_000)]


class OpenAIVoice(ProviderVoice):
    """`instructions`: how to speak, for models that take them (gpt-4o-mini-tts)."""

    provider: Literal["openai"]
    voice_id: VoiceId
    model: Literal["tts-1", "tts-1-hd", "gpt-4o-mini-tts"] = "tts-1"
    instructions: Instructions | None = None
    speed: float = Field(1.0, ge=0.25, le=4)


class OpenAICompatibleVoice(ProviderVoice):
    """A server of your own with OpenAI's speech endpoint; its address is the credential's.

    `response_format`: "pcm" is raw and streams, at `sample_rate` (OpenAI's own is 24 kHz); "wav" says its
    rate itself.
    """

    provider: Literal["openai-compatible"]
    voice_id: VoiceId
    model: ModelId = "tts-1"
    instructions: Instructions | None = None
    speed: float = Field(1.0, ge=0.25, le=4)
    response_format: Literal["pcm", "wav"] = "pcm"
    sample_rate: int = Field(24_000, ge=8000, le=48_000)
