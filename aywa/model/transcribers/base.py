"""What the plans of all recognisers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from aywa.model.base import Plan

if TYPE_CHECKING:
    from aywa.model.transcribers.plan import FallbackPlan

LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
LanguageTag = Annotated[str, StringConstraints(pattern=LANGUAGE, max_length=35)]
ModelName = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
Term = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class AnyTranscriber(Plan):
    """`fallbackPlan`: the recognisers to use when this one fails, in order."""

    fallback_plan: FallbackPlan | None = None


class ConfidentPlan(AnyTranscriber):
    """A final whose confidence (0..1) is below `confidenceThreshold` is taken for one without words."""

    confidence_threshold: float = Field(0.4, ge=0, le=1)
