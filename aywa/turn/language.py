"""Which language the caller speaks, guessed from function words where nobody says it."""

from __future__ import annotations

import re

from aywa.turn.lexicon import PACKS
from aywa.turn.lexicon.pack import Kind, folded

_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# Words that every language has in these lists are no evidence; those of few letters of one alphabet little.
_TELLING = (
    Kind.ARTICLE,
    Kind.PREPOSITION,
    Kind.CONJUNCTION,
    Kind.AUXILIARY,
    Kind.SUBJECT,
    Kind.ANSWER,
    Kind.TAKES_OBJECT,
    Kind.NUMBER,
)
DEFAULT_LANGUAGE = "en"


def known_language(tag: str | None) -> str | None:
    """The pack of a BCP 47 tag such as "pt-BR"; None when there is none."""
    code = (tag or "").replace("_", "-").partition("-")[0].lower()
    return code if code in PACKS else None


def _evidence() -> dict[str, tuple[tuple[str, float], ...]]:
    """Of each telling word: the languages that have it, each with its share."""
    owners: dict[str, list[str]] = {}
    for code, pack in PACKS.items():
        for word, kind in pack.kinds.items():
            if kind in _TELLING:
                owners.setdefault(word, []).append(code)
    return {word: tuple((code, 1.0 / len(codes)) for code in codes) for word, codes in owners.items()}


_EVIDENCE = _evidence()


class LanguageGuess:
    """Adds up over a call: a caller changes the language rarely, and a short answer tells little."""

    def __init__(self, first: str | None = None) -> None:
        """`first`: what to take while there is no evidence, a tag; unknown ones are English."""
        self._first = known_language(first) or DEFAULT_LANGUAGE
        self._votes: dict[str, float] = {}

    def hear(self, text: str) -> None:
        """Count a turn that is over; older ones fade."""
        votes = votes_of(text)
        if votes:
            self._votes = {code: vote * 0.5 for code, vote in self._votes.items()}
            for code, vote in votes.items():
                self._votes[code] = self._votes.get(code, 0.0) + vote

    def of(self, text: str) -> str:
        """The language of what is being said."""
        votes = votes_of(text)
        for code, vote in self._votes.items():
            votes[code] = votes.get(code, 0.0) + 0.5 * vote
        votes[self._first] = votes.get(self._first, 0.0) + 0.75  # less than one word that only another has
        return max(votes, key=lambda code: (votes[code], code == self._first))


def votes_of(text: str) -> dict[str, float]:
    """Evidence for each language."""
    votes: dict[str, float] = {}
    for word in _WORDS.findall(folded(text)):
        parts = [word, *word.split("'")] if "'" in word else [word]
        for part in parts:
            for code, share in _EVIDENCE.get(part, ()):
                votes[code] = votes.get(code, 0.0) + share
        if "а" <= word[0] <= "я":
            votes["ru"] = votes.get("ru", 0.0) + 0.5
    return votes
