"""What every provider's voice has: its name, and the voices that stand in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from aywa.model.base import Plan
from aywa.model.voice_plan import Voice

if TYPE_CHECKING:
    from aywa.model.voices.choice import VoiceChoice

MAX_FALLBACKS = 10
VoiceId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ModelId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class VoiceFallbackPlan(Plan):
    """Who speaks when this voice cannot, in order."""

    voices: tuple[VoiceChoice, ...] = Field((), max_length=MAX_FALLBACKS)


class ProviderVoice(Voice):
    """What all plans share. `provider` and `voice_id` are declared by each."""

    fallback_plan: VoiceFallbackPlan | None = None

    @property
    def spoken_language(self) -> str | None:
        """The language, where it was chosen; without it a provider goes by its voice."""
        return self.language if "language" in self.model_fields_set else None
