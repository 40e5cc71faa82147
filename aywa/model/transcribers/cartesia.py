"""Cartesia: Ink, by the manual socket or by the one that judges turns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from aywa.model.transcribers.base import AnyTranscriber, LanguageTag, ModelName, Term


class CartesiaTranscriber(AnyTranscriber):
    """`turns`: whether Ink judges turns itself; if not said, every model but ink-whisper does.

    Thresholds are of the probability that the caller is speaking: end < eager end < start.
    """

    provider: Literal["cartesia"]
    model: ModelName = "ink-2"
    language: LanguageTag | None = None
    turns: bool | None = None
    keyterm: tuple[Term, ...] = Field((), max_length=100)
    turn_start_threshold: float = Field(0.8, ge=0.5, le=0.9)
    turn_eager_end_threshold: float = Field(0.4, ge=0.3, le=0.6)
    turn_end_threshold: float = Field(0.2, ge=0.05, le=0.5)
    turn_end_timeout_ms: int = Field(5600, ge=640, le=11_200)

    @model_validator(mode="after")
    def _ordered(self) -> CartesiaTranscriber:
        if not self.turn_end_threshold < self.turn_eager_end_threshold < self.turn_start_threshold:
            raise ValueError("turnEndThreshold < turnEagerEndThreshold < turnStartThreshold must hold")
        if self.turns and self.model.startswith("ink-whisper"):
            raise ValueError("ink-whisper does not judge turns: leave `turns` out")
        return self

    @property
    def judges_turns(self) -> bool:
        """Whether the socket is the one of turns."""
        return not self.model.startswith("ink-whisper") if self.turns is None else self.turns
