"""What an assistant wants to be made of its calls when they are over. Names and defaults of the contract."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.json_schema import JsonSchema

DEFAULT_TIMEOUT_S = 5.0
MAX_TIMEOUT_S = 60.0


class Rubric(Enum):
    """How success is judged."""

    NUMERIC_SCALE = "NumericScale"
    DESCRIPTIVE_SCALE = "DescriptiveScale"
    CHECKLIST = "Checklist"
    MATRIX = "Matrix"
    PERCENTAGE_SCALE = "PercentageScale"
    LIKERT_SCALE = "LikertScale"
    AUTOMATIC = "AutomaticRubric"
    PASS_FAIL = "PassFail"


class PlanMessage(Plan):
    """What the model is told instead of the usual words.

    `{{transcript}}`, `{{systemPrompt}}`, `{{schema}}`, `{{rubric}}` and `{{endedReason}}` are filled in.
    """

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1, max_length=20_000)


class SummaryPlan(Plan):
    """A few sentences."""

    enabled: bool = True
    timeout_seconds: float = Field(default=DEFAULT_TIMEOUT_S, ge=1, le=MAX_TIMEOUT_S)
    messages: tuple[PlanMessage, ...] = Field(default=(), max_length=50)


class StructuredDataPlan(Plan):
    """Data by a schema."""

    enabled: bool = False
    schema_: JsonSchema | None = Field(default=None, alias="schema")
    timeout_seconds: float = Field(default=DEFAULT_TIMEOUT_S, ge=1, le=MAX_TIMEOUT_S)
    messages: tuple[PlanMessage, ...] = Field(default=(), max_length=50)


class KeyedDataPlan(Plan):
    """One of several sets of data."""

    key: str = Field(min_length=1, max_length=100)
    plan: StructuredDataPlan


class SuccessEvaluationPlan(Plan):
    """Whether the call reached its end."""

    enabled: bool = True
    rubric: Rubric = Rubric.PASS_FAIL
    timeout_seconds: float = Field(default=DEFAULT_TIMEOUT_S, ge=1, le=MAX_TIMEOUT_S)
    messages: tuple[PlanMessage, ...] = Field(default=(), max_length=50)


class AnalysisPlan(Plan):
    """All of it. A call with fewer messages than the threshold is not worth it."""

    min_messages_threshold: int = Field(default=2, ge=0, le=1000)
    summary_plan: SummaryPlan = SummaryPlan()
    structured_data_plan: StructuredDataPlan = StructuredDataPlan()
    structured_data_multi_plan: tuple[KeyedDataPlan, ...] = Field(default=(), max_length=20)
    success_evaluation_plan: SuccessEvaluationPlan = SuccessEvaluationPlan()
    outcome_ids: tuple[str, ...] = Field(default=(), max_length=100)
