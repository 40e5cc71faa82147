"""What is said while a tool runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aywa.model.base import Plan


class StartMessage(Plan):
    """Said as soon as the tool runs; of several one is chosen. The tool does not wait for it."""

    type: Literal["request-start"]
    content: str = Field(min_length=1, max_length=1000)
    blocking: Literal[False] = False


class DelayedMessage(Plan):
    """Said when the tool has run for so long and has not answered."""

    type: Literal["request-response-delayed"]
    content: str = Field(min_length=1, max_length=1000)
    timing_milliseconds: float = Field(ge=100, le=120_000)


class ToolMessages(Plan):
    """Of the tool called `name`; they replace what is usually said while a tool takes its time."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    messages: tuple[Annotated[StartMessage | DelayedMessage, Field(discriminator="type")], ...] = Field(
        max_length=20
    )
