"""What every language model's plan has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from aywa.model.base import Plan
from aywa.model.server_body import ServerBody

if TYPE_CHECKING:
    from aywa.model.chat_models.plan import ChatModelPlan

Free = dict[str, Any]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
USUAL_TOKENS = 250


class PlanMessage(Plan):
    """A message that every conversation begins with."""

    model_config = ConfigDict(extra="allow")

    role: Literal["assistant", "function", "user", "system", "tool"]
    content: str = Field("", max_length=200_000)


class CustomKnowledgeBase(Plan):
    """A server that is asked for documents; without one the assistant's own is."""

    provider: Literal["custom-knowledge-base"]
    server: ServerBody | None = None


class ModelFallbackPlan(Plan):
    """Models that take over, in this order, when the one before them fails."""

    models: tuple[ChatModelPlan, ...] = Field((), max_length=10)


class CommonModelPlan(Plan):
    """Fields of all. `temperature`, `maxTokens`: None leaves them to the adapter.

    `firstTokenSeconds`: how long the first word or tool call may take; `tokenGapSeconds`: how long the next.
    Both are ours; the rest is of the public contract.
    """

    DEFAULT_URL: ClassVar[str] = ""  # of the vendor's API; "": the plan or the credential has it

    model: ModelName
    messages: tuple[PlanMessage, ...] = Field((), max_length=1000)
    tools: tuple[Free, ...] = Field((), max_length=200)
    tool_ids: tuple[UUID, ...] = Field((), max_length=200)
    tool_refs: tuple[Free, ...] = Field((), max_length=200)
    knowledge_base: CustomKnowledgeBase | Free | None = None
    system_prompt: str | None = Field(None, max_length=200_000)  # before there were `messages`
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=50, le=10_000)
    emotion_recognition_enabled: bool = False
    num_fast_turns: int = Field(0, ge=0, le=100)
    fallback_plan: ModelFallbackPlan | None = None
    first_token_seconds: float = Field(8.0, ge=0.2, le=300)
    token_gap_seconds: float = Field(5.0, ge=0.2, le=120)

    @property
    def url(self) -> str | None:
        """Where this plan itself says that the model is."""
        return None

    @property
    def first_token_s(self) -> float:
        """Seconds until the first word at the latest."""
        return self.first_token_seconds
