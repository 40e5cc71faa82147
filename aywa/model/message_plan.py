"""What is said to a caller who is silent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aywa.model.base import Plan

Message = Annotated[str, Field(min_length=1, max_length=1000)]


class MessagePlan(Plan):
    """Times in seconds. The idle messages are said in turn; without any nothing is said.

    `idleMessageMaxSpokenCount` counts over the whole call unless the caller's speech resets it.
    """

    idle_messages: tuple[Message, ...] | None = Field(None, max_length=20)
    idle_timeout_seconds: float = Field(10.0, ge=5, le=60)
    idle_message_max_spoken_count: int = Field(3, ge=1, le=10)
    idle_message_reset_count_on_user_speech_enabled: bool = False
    silence_timeout_message: Message | None = None
