"""When a tool that the model has called is not run: conditions over what was said and what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from aywa.model.base import Plan
from aywa.model.linear_regex import LinearPattern, PatternError, compile_pattern
from aywa.model.template import TemplateError, render

MAX_DEPTH = 5  # of groups in groups
_IGNORE_CASE = "(?i)"  # as other runtimes of this contract write it

# What was said: role and text, the oldest first.
Said: TypeAlias = Sequence[tuple[str, str]]


class MessageTarget(Plan):
    """Which message: of `role` if one is named, counted from the newest (-1) or from the oldest (0)."""

    role: Literal["user", "assistant", "tool"] | None = None
    position: int = Field(-1, ge=-1000, le=1000)

    def text(self, said: Said) -> str | None:
        """Its text; None where there is no such message."""
        texts = [text for role, text in said if self.role in (None, role)]
        try:
            return texts[self.position]
        except IndexError:
            return None


class RegexCondition(Plan):
    """Whether a message has this; without a target it is the caller's last one."""

    type: Literal["regex"]
    regex: str = Field(min_length=1, max_length=2000)
    target: MessageTarget | None = None
    negate: bool = False

    @field_validator("regex")
    @classmethod
    def _linear(cls, regex: str) -> str:
        try:
            _pattern(regex)
        except PatternError as error:
            raise ValueError(f"the expression {error}") from None
        return regex

    def holds(self, said: Said, values: Mapping[str, object]) -> bool:
        """Whether it does; a message that is not there has nothing."""
        target = self.target or MessageTarget(role="user", position=-1)
        text = target.text(said)
        return (text is not None and _pattern(self.regex).matches(text)) != self.negate


class LiquidCondition(Plan):
    """Whether the template comes to `true`; it knows the variables, the arguments and `messages`."""

    type: Literal["liquid"]
    liquid: str = Field(min_length=1, max_length=10_000)

    def holds(self, said: Said, values: Mapping[str, object]) -> bool:
        """A template that cannot be filled in comes to nothing."""
        messages = [{"role": role, "content": text, "message": text} for role, text in said]
        try:
            return render(self.liquid, {**values, "messages": messages}).strip().lower() == "true"
        except TemplateError:
            return False


class GroupCondition(Plan):
    """All of them, or any."""

    type: Literal["group"]
    operator: Literal["AND", "OR"]
    conditions: tuple[RejectionCondition, ...] = Field(min_length=1, max_length=50)

    def holds(self, said: Said, values: Mapping[str, object]) -> bool:
        """Whether they do."""
        judge = all if self.operator == "AND" else any
        return judge(each.holds(said, values) for each in self.conditions)


RejectionCondition: TypeAlias = Annotated[
    RegexCondition | LiquidCondition | GroupCondition, Field(discriminator="type")
]


class RejectionPlan(Plan):
    """A tool is not run when all conditions hold; without any it always is."""

    conditions: tuple[RejectionCondition, ...] = Field((), max_length=50)

    @field_validator("conditions")
    @classmethod
    def _shallow(cls, conditions: tuple[RejectionCondition, ...]) -> tuple[RejectionCondition, ...]:
        level, depth = list(conditions), 0
        while level:
            depth += 1
            level = [each for one in level if isinstance(one, GroupCondition) for each in one.conditions]
        if depth > MAX_DEPTH:
            raise ValueError(f"must not nest groups deeper than {MAX_DEPTH}")
        return conditions

    def rejects(self, said: Said, values: Mapping[str, object]) -> bool:
        """Whether the tool is not run."""
        return bool(self.conditions) and all(each.holds(said, values) for each in self.conditions)


def _pattern(regex: str) -> LinearPattern:
    ignore_case = regex.startswith(_IGNORE_CASE)
    return compile_pattern(regex.removeprefix(_IGNORE_CASE), ignore_case=ignore_case)
