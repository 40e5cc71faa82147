"""Phrases by which recordings and people give themselves away, looked for in a transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from unicodedata import combining, normalize


class PhraseKind(Enum):
    """What a phrase is a sign of."""

    MESSAGE = "leave a message"
    TONE = "after the tone"
    ABSENT = "nobody can come to the phone"
    REACHED = "you have reached"
    SCREEN = "a phone's assistant asks for name and reason"
    CONNECTS = "I try to reach that person"
    ASKED = "who is calling: a person may ask as well"
    MENU = "press one for"
    QUEUE = "please hold"
    COMPANY = "thank you for calling"
    PERSON = "what only a person says"
    GREETING = "hello, alone"


PhraseTable = Mapping[PhraseKind, Sequence[str]]


def plain(text: str) -> str:
    """Lower case without accents, apostrophes or punctuation, in single spaces: how phrases are compared."""
    letters = (c for c in normalize("NFKD", text.casefold()) if not combining(c) and c not in "'’")
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


@lru_cache(maxsize=64)
def _rows(languages: tuple[str, ...]) -> tuple[tuple[PhraseKind, str], ...]:
    from aywa.answering.languages import DIGITS, TABLES

    rows = {
        (kind, plain(each))
        for language in languages
        for kind, phrases in TABLES[language].items()
        for phrase in phrases
        for each in _expanded(phrase, DIGITS[language].split())
    }
    return tuple(sorted(rows, key=lambda row: (row[0].name, row[1])))


def _expanded(phrase: str, digits: Sequence[str]) -> list[str]:
    """`#` in a phrase is a digit, as a numeral or in words."""
    if "#" not in phrase:
        return [phrase]
    return [phrase.replace("#", digit) for pair in enumerate(digits) for digit in (str(pair[0]), pair[1])]


@lru_cache(maxsize=64)
def hits_of(text: str, languages: tuple[str, ...]) -> Mapping[PhraseKind, tuple[str, ...]]:
    """The phrases of these languages in the text, by kind; of overlapping ones the longest.

    Raises KeyError for a language without a table.
    """
    padded = f" {plain(text)} "
    found: dict[PhraseKind, list[str]] = {}
    for kind, phrase in _rows(languages):
        if f" {phrase} " in padded:
            found.setdefault(kind, []).append(phrase)
    return {
        kind: tuple(each for each in phrases if not any(each != other and each in other for other in phrases))
        for kind, phrases in found.items()
    }
