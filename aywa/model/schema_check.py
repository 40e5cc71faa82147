"""Holds a value against a JSON schema that somebody else wrote.

Neither may cost more than it is worth: references lead nowhere outside, patterns are matched in linear time,
and what nests too deeply is not valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema
import referencing
from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from aywa.model.linear_regex import PatternError, compile_pattern

_SHOWN = 200  # characters of a rule


class BadSchema(Exception):  # noqa: N818 - it is a verdict
    """The schema itself cannot be used."""


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """What is wrong with a value. `field`: dotted, "" for the whole; `keyword`: of the schema."""

    field: str
    keyword: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field or 'the whole'}: {self.rule}"


class SchemaCheck:
    """A schema that was looked at once, to judge many values."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises `BadSchema`."""
        if any(name == "patternProperties" for name in _keywords(schema)):
            raise BadSchema("patternProperties is not supported")
        try:
            _VALIDATOR.check_schema(schema)
            self._validator = _VALIDATOR(schema, registry=referencing.Registry())
        except (SchemaError, RecursionError, PatternError):
            raise BadSchema("the schema is not one that can be checked") from None

    def fault(self, value: object) -> SchemaFault | None:
        """The first fault; None: the value is valid. Raises `BadSchema` where a reference leads nowhere."""
        try:
            error = next(self._validator.iter_errors(value), None)
        except (Unresolvable, RecursionError, PatternError):
            raise BadSchema("the schema is not one that can be checked") from None
        return None if error is None else _fault(error)


def _fault(error: Any) -> SchemaFault:
    path = [str(part) for part in error.absolute_path]
    keyword, wanted = str(error.validator), error.validator_value
    if keyword == "required" and isinstance(error.instance, Mapping):
        missing = next((str(name) for name in wanted if name not in error.instance), "")
        return SchemaFault(".".join([*path, missing]), keyword, "is required")
    if keyword == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        more = next((str(name) for name in error.instance if name not in known), "")
        return SchemaFault(".".join([*path, more]), keyword, "is not one of the parameters")
    rules = {"type": f"must be of type {wanted}", "enum": f"must be one of {wanted}"}
    rule = rules.get(keyword, f"breaks the rule {keyword} {wanted}")
    return SchemaFault(".".join(path), keyword, rule[:_SHOWN])


def _keywords(schema: object) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            yield from (str(name) for name in each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _pattern(_validator: Any, pattern: str, instance: object, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not compile_pattern(pattern).matches(instance):
        yield ValidationError("does not match")


_VALIDATOR = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})
