"""Sentences after which the assistant hangs up, found in what it says."""

from __future__ import annotations

import re


class EndPhrases:
    """Whatever the case and the space between the words; a part of a word is not the word."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self._patterns = [(phrase, _pattern(phrase)) for phrase in phrases if phrase.split()]

    def found(self, text: str) -> str | None:
        """The first of the phrases that `text` holds, as it was given."""
        return next((phrase for phrase, pattern in self._patterns if pattern.search(text)), None)


def _pattern(phrase: str) -> re.Pattern[str]:
    words = phrase.split()
    begin = r"(?<!\w)" if _cased(words[0][0]) else ""
    end = r"(?!\w)" if _cased(words[-1][-1]) else ""
    return re.compile(begin + r"\s+".join(re.escape(word) for word in words) + end, re.I)


def _cased(character: str) -> bool:
    """Whether it belongs to a script that puts spaces between words."""
    return character.lower() != character.upper() or character.isdigit()
