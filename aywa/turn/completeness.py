"""The text rule model: how likely it is that a caller who pauses here is not done.

The clues are rules (the last word is a preposition, a period stands after a whole clause); what each is worth
was fitted, over five languages at once, on half of the recorded prompts and half of the callers' sentences
that `bench/turns_offline.py` reads; the bench judges on the other halves. What no prompt shows (a sound of
thinking, the answer to a question) is set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from aywa.turn.clues import clues_of

# Log odds of "not done". One table for all languages: their lists say what a word is.
_WEIGHTS: dict[str, float] = {
    "bias": 1.47,
    "adjective": 0.76,
    "answer": -2.2,
    "asked": -1.3,
    "before ANSWER": -0.82,
    "before ASK": 0.14,
    "before AUXILIARY": -0.07,
    "before CLOSER": -0.68,
    "before CONJUNCTION": 0.71,
    "before CUE": 0.44,
    "before DEGREE": -0.66,
    "before HESITATION": 0.15,
    "before MODIFIER": -0.31,
    "before NUMBER": -1.41,
    "before OTHER": -0.18,
    "before PREPOSITION": -0.23,
    "before SUBJECT": 0.2,
    "before TAKES_OBJECT": 0.17,
    "clause before another": 1.06,
    "closed phrase": -2.4,
    "infinitive": 0.94,
    "last ANSWER": -1.58,
    "last ARTICLE": 2.39,
    "last ASK": 0.05,
    "last AUXILIARY": 1.67,
    "last CLOSER": -0.29,
    "last CONJUNCTION": 0.86,
    "last CUE": -1.35,
    "last DEGREE": -0.11,
    "last HESITATION": 2.5,
    "last MODIFIER": 0.27,
    "last NUMBER": -0.61,
    "last OTHER": -1.44,
    "last PREPOSITION": 1.06,
    "last SUBJECT": 0.8,
    "last TAKES_OBJECT": -0.11,
    "mark ,": 0.74,
    "mark .": -0.66,
    "mark ...": 2.0,
    "mark :": 1.5,
    "mark ?": -1.62,
    "mark after open": 0.89,
    "number after verb": 0.09,
    "open phrase": 1.06,
    "question ends in its verb": -1.5,
    "verb form": -0.19,
    "words 1": 1.35,
    "words 2": 1.22,
    "words 3": 0.56,
    "words 4-6": -0.99,
    "words 7+": -1.65,
}

_SHORT = ("words 1", "words 2", "words 3")
_OPEN = (
    "open phrase",
    "last ARTICLE",
    "last PREPOSITION",
    "last CONJUNCTION",
    "last AUXILIARY",
    "last HESITATION",
)
_SILENT = 0.5  # nothing is known of what was said


@dataclass(frozen=True, slots=True)
class Judgement:
    """`unfinished`: probability (0..1) that more comes. `clues`: what weighed most, for the why trace."""

    unfinished: float
    language: str
    clues: tuple[str, ...] = ()


def judge(text: str, language: str, *, asked: bool = False) -> Judgement:
    """Judge a text of a known language. `asked`: it answers a question, so it may be no sentence."""
    clues = clues_of(text, language)
    if "silent" in clues:
        return Judgement(_SILENT, language)
    is_open = any(name in clues for name in _OPEN) and "closed phrase" not in clues
    if asked and not is_open and any(name in clues for name in _SHORT):
        clues["asked"] = 1.0
    if is_open:
        clues.pop("words 7+", None)  # however long it is, it does not end there
    parts = {name: _WEIGHTS.get(name, 0.0) * value for name, value in clues.items()}
    if "closed phrase" in clues:  # "thank you" ends in an open word and is not open
        parts = {name: min(part, 0.0) if name.startswith("last ") else part for name, part in parts.items()}
    score = sum(parts.values())
    heavy = sorted((name for name in parts if name != "bias"), key=lambda name: -abs(parts[name]))
    return Judgement(1.0 / (1.0 + exp(-score)), language, tuple(heavy[:3]))
