"""What is said while a tool runs, when it has answered and when it has failed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from aywa.model.base import Plan

_Content = Annotated[str, Field(min_length=1, max_length=1000)]


class Condition(Plan):
    """Of one argument of the tool; all conditions of a message must hold for it to be said."""

    param: str = Field(min_length=1, max_length=200)
    operator: Literal["eq", "neq", "gt", "gte", "lt", "lte"]
    value: StrictBool | StrictInt | StrictFloat | StrictStr


_Conditions = Annotated[tuple[Condition, ...], Field(max_length=20)]


class StartMessage(Plan):
    """Said as soon as the tool runs; of several one is chosen. The tool does not wait for it."""

    type: Literal["request-start"]
    content: _Content
    blocking: Literal[False] = False
    conditions: _Conditions = ()


class DelayedMessage(Plan):
    """Said when the tool has run for so long and has not answered."""

    type: Literal["request-response-delayed"]
    content: _Content
    timing_milliseconds: float = Field(ge=100, le=120_000)
    conditions: _Conditions = ()


class _Afterwards(Plan):
    content: _Content
    role: Literal["assistant", "system"] = "assistant"
    end_call_after_spoken_enabled: bool = False
    conditions: _Conditions = ()


class CompleteMessage(_Afterwards):
    """Said when the tool has answered, in place of the model's words; a `system` one the model reads."""

    type: Literal["request-complete"]


class FailedMessage(_Afterwards):
    """The same when it has failed."""

    type: Literal["request-failed"]


ToolPlanMessage: TypeAlias = StartMessage | DelayedMessage | CompleteMessage | FailedMessage


class ToolMessages(Plan):
    """Of the tool called `name`; they replace what is usually said while a tool takes its time."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    messages: tuple[Annotated[ToolPlanMessage, Field(discriminator="type")], ...] = Field(max_length=20)
