"""The voice of an assistant: of one of the providers there are."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from aywa.model.voices.azure import AzureVoice
from aywa.model.voices.base import VoiceFallbackPlan
from aywa.model.voices.cartesia import CartesiaVoice
from aywa.model.voices.deepgram import DeepgramVoice
from aywa.model.voices.elevenlabs import ElevenLabsVoice
from aywa.model.voices.local import CustomVoicePlan, EmbeddedVoice, PiperVoice
from aywa.model.voices.openai import OpenAICompatibleVoice, OpenAIVoice
from aywa.model.voices.rime import RimeVoice

VoiceChoice: TypeAlias = Annotated[
    ElevenLabsVoice
    | CartesiaVoice
    | DeepgramVoice
    | OpenAIVoice
    | OpenAICompatibleVoice
    | AzureVoice
    | RimeVoice
    | PiperVoice
    | EmbeddedVoice
    | CustomVoicePlan,
    Field(discriminator="provider"),
]
VOICE_PLANS = (
    ElevenLabsVoice,
    CartesiaVoice,
    DeepgramVoice,
    OpenAIVoice,
    OpenAICompatibleVoice,
    AzureVoice,
    RimeVoice,
    PiperVoice,
    EmbeddedVoice,
    CustomVoicePlan,
)

# Voices name voices that stand in for them: the circle is closed here.
_NAMES = {"VoiceChoice": VoiceChoice, "VoiceFallbackPlan": VoiceFallbackPlan}
VoiceFallbackPlan.model_rebuild(_types_namespace=_NAMES)
for _plan in VOICE_PLANS:
    _plan.model_rebuild(force=True, _types_namespace=_NAMES)

_CHOICE: TypeAdapter[VoiceChoice] = TypeAdapter(VoiceChoice)


def parse_voice(document: object) -> VoiceChoice:
    """The plan of a document. Raises pydantic's ValidationError, which names the providers there are."""
    return _CHOICE.validate_python(document)
