"""Whether two transcripts say the same: an answer to one is then an answer to the other.

Words decide. Case, punctuation, hesitations and the spelling of numbers do not: "Um, room twenty-one." and
"room 21" are the same. What cannot be told is different, which costs an answer and never gives a wrong one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby

from aywa.turn.numerals import with_digits

# Sounds of thinking only. Whatever may be an answer or change one ("ah", "oh", "ну", "bueno") stays.
_HESITATIONS = "uh um uhm umm erm hm hmm mm mmm ehm eh euh heu äh ähm öh э ээ эээ эм эмм мм ммм"
HESITATIONS = frozenset(_HESITATIONS.split())
_ALIASES = {"ok": "okay", "ё": "е", "point": "dot", "virgule": "dot", "virgola": "dot", "komma": "dot"}
_AFFIRMATIONS = re.compile(r"\b(uh|mm)[- ]?(huh|hmm|hm)\b|\bm+hm+\b")
_SCORES = re.compile(r"\bquatre[- ]vingts?\b")
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3}([.,\u202f'])\d{3}(?:\2\d{3})*)(?!\d)")
_WRITTEN = re.compile(r"\d\d")
_DECIMAL = re.compile(r"(?<=\d)[.,](?=\d)")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_CURRENCY = re.compile(r"([$€£₽])\s?(\d+(?:[.,]\d+)*)")
_SYMBOLS = {"%": "percent", "&": "and", "@": "at", "+": "plus", "$": "dollars", "€": "euros", "£": "pounds"}
_APOSTROPHES = re.compile(r"[’'ʼ`]")
_WORD = re.compile(r"\w+")


def same_words(one: str, other: str) -> bool:
    """Whether both texts say the same; two without a word do."""
    mine, others = _reading(one), _reading(other)
    if mine == others:
        return True
    if not _WRITTEN.search(one) and not _WRITTEN.search(other):
        return False  # "two thirty" is not "two hundred thirty"
    # One recogniser writes "230" for what another writes as "two thirty".
    return _joined(mine) == _joined(others)


def begins_with(text: str, beginning: str) -> bool:
    """Whether `text` may be `beginning` and more."""
    mine, start = _joined(_reading(text)), _joined(_reading(beginning))
    return mine.startswith(start)


def words_in(text: str) -> int:
    """How many words there are, hesitations left out."""
    return len(_words(text))


@lru_cache(maxsize=64)
def _reading(text: str) -> tuple[str, ...]:
    """What is compared: runs of letters with the spaces left out, and every number on its own."""
    pieces: list[str] = []
    for is_number, run in groupby(with_digits(_words(text)), key=str.isdecimal):
        words = list(run)
        pieces += words if is_number else ["".join(words)]
    return tuple(pieces)


def _words(text: str) -> list[str]:
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold().replace("ё", "е"))
    text = _AFFIRMATIONS.sub("uhhuh", _SCORES.sub("quatrevingt", text))
    text = _CURRENCY.sub(lambda found: f"{found[2]} {_SYMBOLS.get(found[1], '')}", text)
    text = _GROUPED.sub(lambda found: found[1].replace(found[2], ""), text)
    text = _ORDINAL.sub(r"\1th", _DECIMAL.sub(" dot ", text))
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, f" {word} ")
    words = [_ALIASES.get(word, word) for word in _WORD.findall(text)]
    said = [word for word in words if word not in HESITATIONS]
    return said or words  # who has only hesitated has said that


def _joined(reading: tuple[str, ...]) -> str:
    """The pieces in one, numbers that follow each other without a gap."""
    return "|".join("".join(run) for _, run in groupby(reading, key=str.isdecimal))
