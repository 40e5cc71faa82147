"""The recogniser of an assistant: one of those there are adapters for, and what to use when it fails."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, field_validator

from aywa.model.base import Plan
from aywa.model.transcribers.assembly_ai import AssemblyAiTranscriber
from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.model.transcribers.custom import CustomTranscriber
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.model.transcribers.eleven_labs import ElevenLabsTranscriber
from aywa.model.transcribers.embedded import EmbeddedTranscriber
from aywa.model.transcribers.openai import OpenAiTranscriber
from aywa.model.transcribers.whisper import WhisperTranscriber

# One of them; a provider without an adapter is refused by an error that names these.
TranscriberPlan: TypeAlias = Annotated[
    DeepgramTranscriber
    | AssemblyAiTranscriber
    | OpenAiTranscriber
    | CartesiaTranscriber
    | ElevenLabsTranscriber
    | CustomTranscriber
    | WhisperTranscriber
    | EmbeddedTranscriber,
    Field(discriminator="provider"),
]


class FallbackPlan(Plan):
    """The recognisers to go to, in order, each with its own settings."""

    transcribers: tuple[TranscriberPlan, ...] = Field(min_length=1, max_length=10)

    @field_validator("transcribers")
    @classmethod
    def _flat(cls, transcribers: tuple[TranscriberPlan, ...]) -> tuple[TranscriberPlan, ...]:
        if any(plan.fallback_plan is not None for plan in transcribers):
            raise ValueError("must not have a fallbackPlan of their own")
        return transcribers


for _kind in (
    DeepgramTranscriber,
    AssemblyAiTranscriber,
    OpenAiTranscriber,
    CartesiaTranscriber,
    ElevenLabsTranscriber,
    CustomTranscriber,
    WhisperTranscriber,
    EmbeddedTranscriber,
    FallbackPlan,
):
    _kind.model_rebuild(_types_namespace={"FallbackPlan": FallbackPlan, "TranscriberPlan": TranscriberPlan})
