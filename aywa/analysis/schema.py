"""Holds a model's answer against a JSON schema that somebody else wrote.

Neither may cost more than it is worth: references lead nowhere outside, patterns are matched in linear time,
and what nests too deeply is not valid.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import referencing
from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from aywa.model.linear_regex import PatternError, compile_pattern

MAX_ANSWER = 65_536  # characters
_FENCE = "```"


class Unfit(Exception):  # noqa: N818 - it is a verdict
    """The answer is not what was asked for; `why` may be told to the model, which has written it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class BadSchema(Exception):  # noqa: N818 - as above
    """The schema itself cannot be used."""


def parse_answer(text: str, schema: Mapping[str, Any]) -> object:
    """The JSON value of an answer. Raises `Unfit`, or `BadSchema`."""
    if len(text) > MAX_ANSWER:
        raise Unfit(f"it has more than {MAX_ANSWER} characters")
    try:
        value = json.loads(_bare(text))
    except (json.JSONDecodeError, RecursionError):
        raise Unfit("it is not JSON") from None
    _hold_against(value, schema)
    return value


def _hold_against(value: object, schema: Mapping[str, Any]) -> None:
    if any(name == "patternProperties" for name in _keywords(schema)):
        raise BadSchema("patternProperties is not supported")
    try:
        _VALIDATOR.check_schema(schema)
        error = next(_VALIDATOR(schema, registry=referencing.Registry()).iter_errors(value), None)
    except (SchemaError, Unresolvable, RecursionError, PatternError):
        raise BadSchema("the schema is not one that can be checked") from None
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path) or "the whole"
        raise Unfit(f"{where} breaks the rule {error.validator!r} of the schema")


def _bare(text: str) -> str:
    """Without the fence that models like to put around JSON."""
    text = text.strip()
    if text.startswith(_FENCE) and text.endswith(_FENCE) and "\n" in text:
        text = text[: -len(_FENCE)].partition("\n")[2]
    return text


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
