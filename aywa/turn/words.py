"""How words are compared: by what is heard of them, not by how a recogniser spells them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
# Sounds without a meaning of their own, drawn out at will: mm, hmm, mhm, ah, er, erm, um, uh, oh, ähm.
_SOUND = re.compile(r"m+h*m*|h+m+|(?:[aeou]+h*|a+e+h*)m*|e+r+m*|h?[аэеу]+м*|м+х*г?м*|х+м+")


def heard_words(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents, apostrophes and punctuation; `don't` is `dont`."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    kept = "".join(
        "" if unicodedata.combining(character) else character if character.isalnum() else " "
        for character in plain
    )
    return tuple(kept.split())


def is_sound(word: str) -> bool:
    """Whether one of `heard_words` is a sound that says nothing."""
    return _SOUND.fullmatch(word) is not None


class PhraseSet:
    """Phrases that are found in what somebody said."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = frozenset(words for phrase in phrases if (words := heard_words(phrase)))
        self._longest = max((len(words) for words in self._phrases), default=0)

    def consists(self, words: tuple[str, ...]) -> bool:
        """Whether these words, of `heard_words`, are such phrases and sounds and nothing else."""
        reached = [True] + [False] * len(words)
        for start, word in enumerate(words):
            if not reached[start]:
                continue
            reached[start + 1] |= is_sound(word)
            for length in range(1, min(self._longest, len(words) - start) + 1):
                if words[start : start + length] in self._phrases:
                    reached[start + length] = True
        return bool(words) and reached[-1]

    def found(self, words: tuple[str, ...]) -> str:
        """The first such phrase among these words; "" when there is none."""
        for start in range(len(words)):
            for length in range(1, min(self._longest, len(words) - start) + 1):
                if words[start : start + length] in self._phrases:
                    return " ".join(words[start : start + length])
        return ""


def echoes(words: tuple[str, ...], said: tuple[str, ...], least: int) -> bool:
    """Whether all of `words`, at least so many, were just `said` in a row; 0: never.

    The first and the last word may be half a word.
    """
    if not least or len(words) < least:
        return False
    inner = words[1:-1]
    return any(
        said[at + 1 : at + len(words) - 1] == inner
        and said[at].endswith(words[0])
        and said[at + len(words) - 1].startswith(words[-1])
        for at in range(len(said) - len(words) + 1)
    )
