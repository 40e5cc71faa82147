"""Why the assistant's line stands still, or the assistant is silent: each for as long as anybody wants it."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from aywa.turn.events import Hushed, LineHeld


class Why(Enum):
    """Who wants it."""

    FAR_SIDE = "the other side's telephone has put us on hold"
    TRANSFER = "a transfer is under way"
    ANSWERING = "no person has answered"
    MUTED_ASSISTANT = "an operator has muted the assistant"
    MUTED_CUSTOMER = "an operator has muted the caller"
    CONSENT = "the caller is asked whether the call may be recorded"
    CARD = "card data are said or pressed"
    ON_HOLD = "an operator has put the caller on hold"


class PauseListener(Protocol):
    """Who is told: the conversation."""

    def receive(self, event: LineHeld | Hushed, /) -> None:
        """It begins, or it is over."""


class Pauses:
    """Those of one conversation, which hears of the first that begins and of the last that ends."""

    def __init__(self, listener: PauseListener) -> None:
        self._listener = listener
        self._held: set[Why] = set()
        self._hushed: set[Why] = set()

    def hold(self, why: Why, on: bool) -> None:
        """Silence is not the caller's meanwhile."""
        if _changed(self._held, why, on):
            self._listener.receive(LineHeld(on))

    def hush(self, why: Why, on: bool) -> None:
        """The assistant says nothing meanwhile."""
        if _changed(self._hushed, why, on):
            self._listener.receive(Hushed(on))


def _changed(reasons: set[Why], why: Why, on: bool) -> bool:
    """Note it; True if that makes the first reason, or leaves none."""
    before = bool(reasons)
    (reasons.add if on else reasons.discard)(why)
    return bool(reasons) is not before
