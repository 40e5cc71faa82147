"""What the caller must do to interrupt the assistant."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from aywa.model.base import Plan

Phrase = Annotated[str, Field(min_length=1, max_length=100)]
MAX_PHRASES = 200


class InterruptionMode(StrEnum):
    """What takes the floor."""

    OFF = "off"  # nothing
    WORDS = "words"  # numWords transcribed words
    VOICE = "voice"  # a voice for voiceSeconds
    REVERSIBLE = "reversible"  # the assistant stops at the first sound; words decide whether it goes on


class StopSpeakingPlan(Plan):
    """Times in seconds.

    Without a `mode` words are counted when `numWords` is above 0, the voice is timed when `voiceSeconds` is
    given, and otherwise an interruption is reversible. Lists of phrases replace the built-in ones.
    """

    mode: InterruptionMode | None = None
    num_words: int = Field(0, ge=0, le=10)
    voice_seconds: float = Field(0.2, ge=0, le=0.5)
    backoff_seconds: float = Field(1.0, ge=0, le=10)
    resume_after_seconds: float = Field(0.5, ge=0.2, le=2)
    acknowledgement_phrases: tuple[Phrase, ...] | None = Field(None, max_length=MAX_PHRASES)
    interruption_phrases: tuple[Phrase, ...] | None = Field(None, max_length=MAX_PHRASES)
    protected_phrases: tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...] = Field(
        (), max_length=20
    )

    @property
    def settled_mode(self) -> InterruptionMode:
        """The mode that holds."""
        if self.mode is not None:
            return self.mode
        if self.num_words:
            return InterruptionMode.WORDS
        timed = "voice_seconds" in self.model_fields_set
        return InterruptionMode.VOICE if timed else InterruptionMode.REVERSIBLE
