"""Deepgram: Nova by /v1/listen, Flux by /v2/listen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from aywa.model.transcribers.base import ConfidentPlan, LanguageTag, ModelName, Term

Keyword = Annotated[str, StringConstraints(pattern=r"^[^:\s]{1,100}(:-?[0-9]{1,3}(\.[0-9]{1,3})?)?$")]
Redaction = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]


class DeepgramTranscriber(ConfidentPlan):
    """Times in milliseconds. `eotThreshold`, `eagerEotThreshold` and `eotTimeoutMs` are Flux's alone.

    `languages`: hints for flux-general-multi. `keywords`: "word" or "word:boost", of models before nova-3.
    """

    provider: Literal["deepgram"]
    model: ModelName = "nova-3"
    language: LanguageTag | Literal["multi"] | None = None
    languages: tuple[LanguageTag, ...] = Field((), max_length=20)
    smart_format: bool = True
    numerals: bool = False
    profanity_filter: bool = False
    redaction: tuple[Redaction, ...] = Field((), max_length=50)
    mip_opt_out: bool = False
    eot_threshold: float = Field(0.7, ge=0.5, le=0.9)
    eager_eot_threshold: float | None = Field(None, ge=0.3, le=0.9)
    eot_timeout_ms: int = Field(5000, ge=500, le=10_000)
    keywords: tuple[Keyword, ...] = Field((), max_length=100)
    keyterm: tuple[Term, ...] = Field((), max_length=100)
    endpointing: int = Field(10, ge=10, le=500)

    @field_validator("eager_eot_threshold")
    @classmethod
    def _eager_first(cls, eager: float | None, info: object) -> float | None:
        end = getattr(info, "data", {}).get("eot_threshold", 0.9)
        if eager is not None and eager > end:
            raise ValueError("must not be above eotThreshold")
        return eager

    @property
    def flux(self) -> bool:
        """Whether the model judges turns itself and is reached by /v2/listen."""
        return self.model.startswith("flux")
