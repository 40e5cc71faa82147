"""How an assistant's voice is used: where its text is cut, and how it is worded for the ear."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from aywa.model.base import Plan

Boundary = Literal["。", "，", ".", "!", "?", ";", ")", "،", "۔", "।", "॥", "|", "||", ",", ":"]
FormatterName = Literal[
    "markdown",
    "asterisk",
    "quote",
    "dash",
    "newline",
    "colon",
    "acronym",
    "dollarAmount",
    "email",
    "date",
    "time",
    "distance",
    "unit",
    "percentage",
    "phoneNumber",
    "number",
    "stripAsterisk",
]
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_Words = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
MAX_REPLACEMENTS = 200


class ExactReplacement(Plan):
    """`value` is said wherever the text holds `key`."""

    type: Literal["exact"]
    key: _Words
    value: Annotated[str, StringConstraints(max_length=1000)]


class RegexOption(Plan):
    """One switch of a regular expression."""

    type: Literal["ignore-case", "whole-word", "multi-line"]
    enabled: bool


class RegexReplacement(Plan):
    """`value` is said wherever the text matches; `$1` in it is the first group, `$&` the match."""

    type: Literal["regex"]
    regex: _Words
    value: Annotated[str, StringConstraints(max_length=1000)]
    options: tuple[RegexOption, ...] = ()

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str) -> str:
        try:
            re.compile(regex)
        except (re.error, OverflowError) as error:
            raise ValueError(f"must be a regular expression ({error})") from error
        return regex

    def on(self, option: str) -> bool:
        """Whether a switch is on."""
        return any(entry.type == option and entry.enabled for entry in self.options)


class FormatPlan(Plan):
    """How a phrase is worded. A plain number above `numberToDigitsCutoff` is read digit by digit."""

    enabled: bool = True
    number_to_digits_cutoff: int = Field(default=2025, ge=0, le=10**15)
    replacements: tuple[Annotated[ExactReplacement | RegexReplacement, Field(discriminator="type")], ...] = (
        Field(default=(), max_length=MAX_REPLACEMENTS)
    )
    formatters_enabled: tuple[FormatterName, ...] | None = None


class ChunkPlan(Plan):
    """Where a text is cut into phrases; lengths in characters. Without `enabled` nothing is worded either."""

    enabled: bool = True
    min_characters: int = Field(30, ge=1, le=80)
    punctuation_boundaries: tuple[Boundary, ...] | None = Field(None, min_length=1)
    format_plan: FormatPlan = Field(default_factory=FormatPlan.model_construct)


class Voice(Plan):
    """`language`: a tag such as "de-AT", which abbreviations and wording follow. `speed`: 1 is usual."""

    language: str = Field("en", pattern=LANGUAGE, max_length=35)
    caching_enabled: bool = True
    speed: float = Field(1.0, ge=0.5, le=2)
    chunk_plan: ChunkPlan | None = None
