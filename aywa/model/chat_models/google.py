"""Google's models."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from aywa.model.chat_models.common import CommonModelPlan


class GoogleModelPlan(CommonModelPlan):
    """Gemini. `thinkingBudget` in tokens (0: none, -1: its own choice) and `thinkingLevel` are ours."""

    DEFAULT_URL: ClassVar[str] = "https://generativelanguage.googleapis.com"

    provider: Literal["google"]
    realtime_config: dict[str, Any] | None = None
    thinking_budget: int | None = Field(None, ge=-1, le=65_536)
    thinking_level: Literal["minimal", "low", "medium", "high"] | None = None
