"""How key presses become something the caller has said."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.base import Plan


class KeypadInputPlan(Plan):
    """Keys are one utterance, over at the delimiter or `timeoutSeconds` after the last key.

    A timeout of 0 waits for the delimiter alone; without a delimiter either, each key is an utterance.
    """

    enabled: bool = False
    timeout_seconds: float = Field(2.0, ge=0, le=10)
    delimiters: Literal["#", "*", ""] = "#"
