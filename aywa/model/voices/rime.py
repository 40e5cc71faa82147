"""A voice of Rime's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.voices.base import ModelId, ProviderVoice, VoiceId

_LANGUAGES = {"en": "eng", "es": "spa", "fr": "fra", "de": "ger", "hi": "hin"}


class RimeVoice(ProviderVoice):
    """`speed` above 1 is faster, whatever the model counts itself. `reduce_latency`: of the mist models."""

    provider: Literal["rime-ai"]
    voice_id: VoiceId
    model: ModelId = "mistv2"
    speed: float = Field(1.0, ge=0.5, le=2)
    reduce_latency: bool | None = None
    pause_between_brackets: bool | None = None
    phonemize_between_brackets: bool | None = None

    @property
    def is_mist(self) -> bool:
        """Whether the model is of the older family, which names some things otherwise."""
        return self.model in ("mist", "mistv1", "mistv2")

    @property
    def rime_language(self) -> str | None:
        """The language as the model names it."""
        if self.spoken_language is None:
            return None
        base = self.spoken_language.partition("-")[0].lower()
        return _LANGUAGES.get(base, base) if self.is_mist else base
