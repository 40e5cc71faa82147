"""The body of `POST /structured-output/run`."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from aywa.model.base import Plan
from aywa.model.structured_output import StructuredOutputBody

MAX_CALLS = 20  # the request waits for all of them


_WAYS = ("structuredOutputId", "structuredOutput")


def _only(named: str, other: str) -> JsonDict:
    """For the document: one of both, and not null."""
    return {
        "required": [named],
        "properties": {named: {"not": {"type": "null"}}, other: {"type": "null"}},
    }


class StructuredOutputRun(Plan):
    """Extract from calls that are over; with `previewEnabled` nothing is kept."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_only(*_WAYS), _only(*_WAYS[::-1])]})

    structured_output_id: UUID | None = None
    structured_output: StructuredOutputBody | None = None
    call_ids: tuple[UUID, ...] = Field(min_length=1, max_length=MAX_CALLS)
    preview_enabled: bool = False

    @model_validator(mode="after")
    def _names_one(self) -> StructuredOutputRun:
        if (self.structured_output_id is None) == (self.structured_output is None):
            raise ValueError("structuredOutputId: give it, or structuredOutput, and not both")
        return self
