"""What may be spent on answers that are made before the caller has finished."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeculationSettings:
    """Bounds of one call. What is dropped counts, what is used does not: it would have been made anyway."""

    enabled: bool = True
    min_words: int = 2  # fewer are rarely all that somebody says; a text that looks complete may be shorter
    max_per_turn: int = 3  # a caller who stops after every word must not have every word answered
    budget_tokens: int = 20_000  # prompt and completion of what is dropped: about ten of 2,000 each
    completion_tokens: int = 200  # read of one answer before it is used: its first phrase, and some more
    budget_characters: int = 2_000  # synthesized and dropped: about thirty first phrases
    phrase_characters: int = 220  # the longest first phrase that is synthesized ahead
    lead_s: float = 0.8  # before the turn would be taken: no model and voice need more, and most halves go on
