"""A voice of ElevenLabs'."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from aywa.model.base import Plan
from aywa.model.voices.base import ModelId, ProviderVoice, VoiceId

_Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PronunciationDictionary(Plan):
    """A dictionary kept at ElevenLabs'."""

    pronunciation_dictionary_id: _Name
    version_id: _Name | None = None


class ElevenLabsVoice(ProviderVoice):
    """`transport`: "multi" has the phrases of a call on one websocket, each in its context; "single" has a
    websocket for each phrase; "http" a request. Models without websockets (eleven_v3) need "http".
    """

    provider: Literal["11labs"]
    voice_id: VoiceId
    model: ModelId = "eleven_flash_v2_5"
    stability: float | None = Field(None, ge=0, le=1)
    similarity_boost: float | None = Field(None, ge=0, le=1)
    style: float | None = Field(None, ge=0, le=1)
    use_speaker_boost: bool | None = None
    speed: float = Field(1.0, ge=0.7, le=1.2)
    optimize_streaming_latency: int | None = Field(None, ge=0, le=4)
    enable_ssml_parsing: bool = False
    auto_mode: bool = True
    pronunciation_dictionary_locators: tuple[PronunciationDictionary, ...] = Field((), max_length=3)
    transport: Literal["multi", "single", "http"] = "multi"
