"""OpenAI: a transcription session over the realtime websocket."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.transcribers.base import ConfidentPlan, LanguageTag, ModelName, Term


class OpenAiTranscriber(ConfidentPlan):
    """`prompt` guides models that take free text; `keywords` those that take words or phrases."""

    provider: Literal["openai"]
    model: ModelName = "gpt-4o-transcribe"
    language: LanguageTag | None = None
    prompt: str | None = Field(None, min_length=1, max_length=2000)
    keywords: tuple[Term, ...] = Field((), max_length=100)
    noise_reduction: Literal["near_field", "far_field"] | None = None
