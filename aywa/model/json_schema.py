"""A JSON schema as tools and structured outputs carry it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")


def _is_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Only the outermost word is looked at: the vocabulary below is the model's provider's."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if not kinds or any(each not in _TYPES for each in kinds):
        raise ValueError(f"type: must be one of {', '.join(_TYPES)}")
    return schema


JsonSchema = Annotated[dict[str, Any], AfterValidator(_is_schema)]
