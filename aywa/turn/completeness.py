"""The text rule model: how likely it is that a caller who pauses here is not done.

The clues are rules (the last word is a preposition, a period stands after a whole clause); what each is worth
was fitted, over five languages at once, on half of the recorded prompts and half of the callers' sentences
that `bench/turns_offline.py` reads, and on whole sentences of installed programs' messages; the bench judges
on the other halves. What no prompt shows (a sound of thinking, the answer to a question) is set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from aywa.turn.clues import clues_of

# Log odds of "not done". One table for all languages: their lists say what a word is.
_WEIGHTS: dict[str, float] = {
    "bias": 2.35,
    "adverb after another": -0.06,
    "adverb after auxiliary": 0.28,
    "answer": -4.0,
    "asked": -1.7,
    "before ADVERB": -1.01,
    "before ANSWER": -0.49,
    "before ARTICLE": -0.07,
    "before ASK": 0.23,
    "before AUXILIARY": -0.42,
    "before CLOSER": -0.26,
    "before CONJUNCTION": 0.28,
    "before CUE": 0.1,
    "before DEGREE": -0.94,
    "before DETERMINER": -0.34,
    "before HESITATION": 0.15,
    "before MODIFIER": -0.74,
    "before NUMBER": -0.94,
    "before OTHER": -0.43,
    "before PREPOSITION": -0.38,
    "before SUBJECT": 0.69,
    "before TAKES_OBJECT": -0.05,
    "clause before another": 0.99,
    "closed phrase": -2.4,
    "infinitive": 0.81,
    "last ADVERB": 0.88,
    "last ANSWER": -0.11,
    "last ARTICLE": 1.71,
    "last ASK": 0.09,
    "last AUXILIARY": 1.8,
    "last CLOSER": -0.51,
    "last CONJUNCTION": 1.1,
    "last CUE": -1.62,
    "last DEGREE": -0.12,
    "last DETERMINER": 0.86,
    "last HESITATION": 2.5,
    "last MODIFIER": -0.64,
    "last NUMBER": -0.08,
    "last OTHER": -1.73,
    "last PREPOSITION": 0.91,
    "last SUBJECT": 0.44,
    "last TAKES_OBJECT": 0.52,
    "mark ,": 1.1,
    "mark .": -1.23,
    "mark ...": 2.0,
    "mark :": 1.5,
    "mark ?": -1.25,
    "mark after open": 0.57,
    "modifier as predicate": -0.4,
    "modifier before a noun": 0.77,
    "no verb": 0.13,
    "no verb since the conjunction": 0.28,
    "number after verb": -1.19,
    "number before a noun": 0.05,
    "open phrase": 1.01,
    "question ends in its verb": -1.5,
    "silent": -0.2,
    "spelled": -1.0,
    "verb after preposition": -0.26,
    "verb form": -0.24,
    "words 1": 1.42,
    "words 2": 1.3,
    "words 3": 0.87,
    "words 4-6": -1.11,
    "words 7+": -2.09,
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
