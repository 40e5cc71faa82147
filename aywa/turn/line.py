"""What the assistant says next: a sentence, or what the model makes of the conversation."""

from __future__ import annotations

from dataclasses import dataclass

from aywa.errors import EndCode
from aywa.turn.events import Cause, Trigger


@dataclass(frozen=True, slots=True)
class Line:
    """It waits until it may be said; with `end_code` the call ends after it. No text: the model writes."""

    trigger: Trigger
    cause: Cause
    text: str | None
    end_code: EndCode | None = None
    protected: bool = False  # nobody interrupts it
