"""Expected phrases as a JSGF grammar, and the pronunciations their words need."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from aywa.providers.background_words import BACKGROUND_WORDS

_WORD = re.compile(r"[a-z']+")
# About half a nat per frame over a short word: at 1e-10 background words win over "four" and "ten", at 1e-25
# a third more of what was not expected is taken for an expected phrase.
_BACKGROUND_WEIGHT = "1e-18"


def words_of_phrase(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as the grammar spells them."""
    return tuple(_WORD.findall(phrase.lower()))


class PronouncingDictionary:
    """CMUdict looked up where it lies: 134,000 words need no memory of their own.

    The file is not sorted all through: a lookup searches for a line's start (about 1 ms) and is remembered.
    """

    def __init__(self, path: Path, extra: Mapping[str, str] | None = None) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._known: dict[str, tuple[str, ...]] = {}
        self.add(extra or {})

    def add(self, extra: Mapping[str, str]) -> None:
        """Pronunciations of a scenario's own words: word to ARPAbet; they replace those of the dictionary."""
        for word, phones in extra.items():
            self._known[word.lower()] = (phones.strip(),)

    def pronunciations(self, word: str) -> tuple[str, ...]:
        """Every way to say a word, best first; empty when it is unknown."""
        if word not in self._known:
            self._known[word] = tuple(self._look_up(word))
        return self._known[word]

    def _look_up(self, word: str) -> Iterable[str]:
        """The word's own line and the variants `word(2)`, `word(3)` … that follow it."""
        start = self._map.find(f"\n{word} ".encode()) + 1
        if not start:
            return
        while True:
            end = self._map.find(b"\n", start)
            line = self._map[start : end if end >= 0 else None].decode("ascii")
            entry, _, phones = line.partition(" ")
            if entry.split("(")[0] != word:
                return
            yield phones.strip()
            start = end + 1

    def close(self) -> None:
        """Let the file go."""
        self._map.close()


def usable_phrases(phrases: Iterable[str], dictionary: PronouncingDictionary) -> dict[str, str]:
    """Phrases whose every word can be pronounced: as the grammar spells it, to as it was given."""
    found: dict[str, str] = {}
    for phrase in phrases:
        words = words_of_phrase(phrase)
        if words and all(dictionary.pronunciations(word) for word in words):
            found.setdefault(" ".join(words), phrase)
    return found


def missing_words(phrases: Iterable[str], dictionary: PronouncingDictionary) -> list[str]:
    """Words without a pronunciation, sorted."""
    words = {word for phrase in phrases for word in words_of_phrase(phrase)}
    return sorted(word for word in words if not dictionary.pronunciations(word))


def background_for(phrases: Iterable[str], dictionary: PronouncingDictionary) -> list[str]:
    """Background words that are not, and do not sound like, a word of these phrases ("for" is "four")."""
    words = {word for phrase in phrases for word in phrase.split()}
    sounds = [phones.split() for word in words for phones in dictionary.pronunciations(word)]
    found = []
    for word in BACKGROUND_WORDS:
        own = [phones.split() for phones in dictionary.pronunciations(word)]
        if own and word not in words and not any(_alike(a, b) for a in own for b in sounds):
            found.append(word)
    return found


def _alike(a: list[str], b: list[str]) -> bool:
    """True when at most one sound differs: "then" and "ten"."""
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 1


def jsgf(phrases: Iterable[str], background: Iterable[str] = ()) -> str:
    """A grammar that accepts exactly one of the phrases, or one background word that fits far better."""
    lines = ["#JSGF V1.0;", "grammar phrases;", f"<phrase> = {' | '.join(phrases)};"]
    if background := list(background):
        lines.append(f"<other> = {' | '.join(background)};")
        lines.append(f"public <utterance> = /1.0/ <phrase> | /{_BACKGROUND_WEIGHT}/ <other>;")
    else:
        lines.append("public <utterance> = <phrase>;")
    return "\n".join(lines) + "\n"


def dictionary_text(phrases: Iterable[str], dictionary: PronouncingDictionary) -> str:
    """The dictionary of exactly these phrases and words, in the recogniser's format."""
    lines = []
    for word in sorted({word for phrase in phrases for word in phrase.split()}):
        for variant, phones in enumerate(dictionary.pronunciations(word), start=1):
            lines.append(f"{word} {phones}" if variant == 1 else f"{word}({variant}) {phones}")
    return "\n".join(lines) + "\n"
