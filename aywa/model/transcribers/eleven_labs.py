"""ElevenLabs: Scribe realtime."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from aywa.model.transcribers.base import ConfidentPlan, LanguageTag, ModelName

KeyTerm = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class ElevenLabsTranscriber(ConfidentPlan):
    """`keyterms`: at most 50 of at most 20 characters. `noVerbatim` leaves fillers and false starts out."""

    provider: Literal["11labs"]
    model: ModelName = "scribe_v2_realtime"
    language: LanguageTag | None = None
    keyterms: tuple[KeyTerm, ...] = Field((), max_length=50)
    no_verbatim: bool = False
    enable_logging: bool = True
