"""Reads a model's answer, and holds it against the JSON schema that asked for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aywa.model.schema_check import BadSchema, SchemaCheck

__all__ = ["BadSchema", "Unfit", "parse_answer"]

MAX_ANSWER = 65_536  # characters
_FENCE = "```"


class Unfit(Exception):  # noqa: N818 - it is a verdict
    """The answer is not what was asked for; `why` may be told to the model, which has written it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


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
    fault = SchemaCheck(schema).fault(value)
    if fault is not None:
        raise Unfit(f"{fault.field or 'the whole'} breaks the rule {fault.keyword!r} of the schema")


def _bare(text: str) -> str:
    """Without the fence that models like to put around JSON."""
    text = text.strip()
    if text.startswith(_FENCE) and text.endswith(_FENCE) and "\n" in text:
        text = text[: -len(_FENCE)].partition("\n")[2]
    return text
