"""A JSON schema as tools and structured outputs carry it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")


def _is_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Only the outermost word is looked at: the vocabulary below is the model's provider's."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if not kinds or any(each not in _TYPES for each in kinds):
        raise ValueError(f"type: must be one of {', '.join(_TYPES)}")
    return schema


_TYPE = {"type": "string", "enum": list(_TYPES)}
_TOLD = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"anyOf": [_TYPE, {"type": "array", "items": _TYPE, "minItems": 1}]}},
}
JsonSchema = Annotated[dict[str, Any], AfterValidator(_is_schema), WithJsonSchema(_TOLD)]
