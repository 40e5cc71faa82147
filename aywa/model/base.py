"""What every resource of the API has in common: camelCase names, times in UTC with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def iso_ms(at: datetime) -> str:
    """`2026-05-31T00:00:00.000Z`; the datetime must be aware."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[datetime, PlainSerializer(iso_ms, return_type=str, when_used="json")]


class Resource(BaseModel):
    """A frozen resource that is written by alias; absent values are left out by `to_json`."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def to_json(self) -> dict[str, object]:
        """The resource as JSON types."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Plan(BaseModel):
    """A part of what a person writes about an assistant: camelCase, frozen; unknown fields are faults."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", allow_inf_nan=False
    )
