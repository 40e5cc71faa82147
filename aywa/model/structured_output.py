"""What is to be extracted from a call, as a schema."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from aywa.model.base import Plan
from aywa.model.json_schema import JsonSchema


class StructuredOutputBody(Plan):
    """By a model (`ai`) or by an expression (`regex`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"type": {"const": "regex"}}, "required": ["type"]},
            "then": {"properties": {"regex": {"type": "string"}}, "required": ["regex"]},
        }
    )

    name: str = Field(min_length=1, max_length=40)
    schema_: JsonSchema = Field(alias="schema")
    type: Literal["ai", "regex"] = "ai"
    regex: str | None = Field(None, min_length=1, max_length=1000)
    model: dict[str, Any] | None = None
    description: str = Field("", max_length=4096)
    assistant_ids: tuple[UUID, ...] = Field((), max_length=1000)
    conditions: tuple[dict[str, Any], ...] = Field((), max_length=100)
    compliance_plan: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_its_way(self) -> StructuredOutputBody:
        if self.type == "regex" and self.regex is None:
            raise ValueError("regex: is required when type is regex")
        return self
