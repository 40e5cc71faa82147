"""A voice of Cartesia's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.voices.base import ModelId, ProviderVoice, VoiceId


class CartesiaExperimental(Plan):
    """`accent_localization`: 1 has the voice take the accent of the language."""

    accent_localization: int | None = Field(None, ge=0, le=1)


class CartesiaGeneration(Plan):
    """How the voice speaks: both as factors of the usual."""

    speed: float | None = Field(None, ge=0.6, le=1.5)
    volume: float | None = Field(None, ge=0.5, le=2)
    experimental: CartesiaExperimental | None = None


class CartesiaVoice(ProviderVoice):
    """`voice_id`: the UUID of the voice. `speed` is taken where `generation_config` names none."""

    provider: Literal["cartesia"]
    voice_id: VoiceId
    model: ModelId = "sonic-2"
    speed: float = Field(1.0, ge=0.6, le=1.5)
    generation_config: CartesiaGeneration | None = None
    pronunciation_dict_id: ModelId | None = None
