"""What of a tool's answer the call remembers, by which later tools and assistants are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.json_schema import JsonSchema
from aywa.model.schema_check import BadSchema, SchemaCheck
from aywa.model.template import TemplateError, render

MAX_KEPT = 16_384  # characters of one variable, as JSON
MAX_VARIABLES = 200  # of a call


class Alias(Plan):
    """A variable by a template, which knows the answer's fields, the answer as `result`, and variables."""

    key: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    value: str = Field(min_length=1, max_length=10_000)


class VariableExtractionPlan(Plan):
    """`schema`: which properties of the answer are kept, each only if it is valid."""

    schema_: JsonSchema | None = Field(None, alias="schema")
    aliases: tuple[Alias, ...] = Field((), max_length=100)

    def extract(self, answer: object, values: Mapping[str, object]) -> dict[str, object]:
        """The variables that this answer gives; what is not there, or not valid, gives none."""
        found = _by_schema(self.schema_, answer)
        for alias in self.aliases:
            known = {**values, **(answer if isinstance(answer, Mapping) else {}), **found}
            known |= {"result": answer, "response": answer}
            try:
                found[alias.key] = render(alias.value, known, strict=True)
            except TemplateError:
                continue
        return {name: each for name, each in found.items() if len(str(each)) <= MAX_KEPT}


def _by_schema(schema: Mapping[str, Any] | None, answer: object) -> dict[str, object]:
    """Named properties of an object; anything else is kept whole, by the schema's title or as `value`."""
    if schema is None:
        return {}
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and isinstance(answer, Mapping):
        pairs = {str(name): (each, answer[name]) for name, each in properties.items() if name in answer}
    elif isinstance(properties, Mapping):
        return {}
    else:
        pairs = {str(schema.get("title", "value")): (schema, answer)}
    return {name: value for name, (each, value) in pairs.items() if _valid(each, value)}


def _valid(schema: object, value: object) -> bool:
    if not isinstance(schema, Mapping):
        return False
    try:
        return SchemaCheck(schema).fault(value) is None
    except BadSchema:
        return False
