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
_FIRST_VOTE = 0.3  # for the language taken at first: less than any word that it does not have
# Letters and endings that few of these languages have, in lower case, accents kept.
_SIGNS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"[ñ¿¡]|ci[oó]n(?:es)?\b|dad\b|\bll"), ("es",)),
    (re.compile(r"[ãõ]|ç[ãõ]|nh[aeo]|lh[aeo]|\b\w+agem\b"), ("pt",)),
    (re.compile(r"zion[ei]\b|[ìò]|gli\b|ggi|cch|tà\b|\b\w{4,}ato\b"), ("it",)),
    (re.compile(r"[êœûîï]|eaux?\b|ez\b|\b[dlnjcsqm]'|tion\b.*é|oi[stx]?\b"), ("fr",)),
    (re.compile(r"[äöüß]|sch|ung\b|keit\b|\b\w{4,}en\b|icht\b"), ("de",)),
    (re.compile(r"ing\b|ght|wh|\bth|ly\b|sh\b|ck\b|ed\b"), ("en",)),
    (re.compile(r"mente\b|[aeiou]nte\b"), ("es", "it", "pt")),
    (re.compile(r"é"), ("fr", "es", "pt")),
    (re.compile(r"\b\w{3,}[aeiou]\b"), ("es", "it", "pt")),
)
_SIGN_VOTE = 0.5


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
        votes[self._first] = votes.get(self._first, 0.0) + _FIRST_VOTE
        return max(votes, key=lambda code: (votes[code], code == self._first))


def votes_of(text: str) -> dict[str, float]:
    """Evidence for each language."""
    votes: dict[str, float] = {}
    plain = text.lower().replace("’", "'")
    for sign, codes in _SIGNS:
        count = min(len(sign.findall(plain)), 4)
        for code in codes:
            votes[code] = votes.get(code, 0.0) + _SIGN_VOTE * count / len(codes)
    votes = {code: vote for code, vote in votes.items() if vote}
    for word in _WORDS.findall(folded(text)):
        parts = [word, *word.split("'")] if "'" in word else [word]
        for part in parts:
            for code, share in _EVIDENCE.get(part, ()):
                votes[code] = votes.get(code, 0.0) + share
        if "а" <= word[0] <= "я":
            votes["ru"] = votes.get("ru", 0.0) + 0.5
    return votes
