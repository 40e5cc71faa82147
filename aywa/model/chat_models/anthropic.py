"""Anthropic's models."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.chat_models.common import CommonModelPlan


class ThinkingEnabled(Plan):
    """It thinks with at most so many tokens before it answers: seconds of silence on the phone."""

    type: Literal["enabled"]
    budget_tokens: int = Field(ge=1024, le=100_000)


class ThinkingByItself(Plan):
    """Whether it thinks at all is its own choice, or fixed: not at all."""

    type: Literal["adaptive", "disabled"]


class AnthropicModelPlan(CommonModelPlan):
    """Messages of Anthropic. `promptCaching` is ours: what a request begins with is kept for the next one."""

    DEFAULT_URL: ClassVar[str] = "https://api.anthropic.com"

    provider: Literal["anthropic"]
    thinking: Annotated[ThinkingEnabled | ThinkingByItself, Field(discriminator="type")] | None = None
    prompt_caching: bool = True
