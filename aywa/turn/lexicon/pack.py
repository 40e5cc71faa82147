"""What the text model knows of one language: small closed lists, no dictionary."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property


class Kind(Enum):
    """What a word does to the sentence it stands last in. The first kind that lists a word is its kind."""

    HESITATION = "a sound of thinking"
    ANSWER = "an answer by itself"
    CLOSER = "a word that sentences end with"
    ARTICLE = "an article, a possessive, a determiner: a noun follows"
    DETERMINER = "one that also stands for a noun"
    PREPOSITION = "a preposition: its object follows"
    CONJUNCTION = "a conjunction or relative word: a clause follows"
    AUXILIARY = "an auxiliary, a copula, a negation: the predicate follows"
    SUBJECT = "a pronoun that is a subject: a verb follows"
    ADVERB = "an adverb that stands before what it goes with, or last"
    DEGREE = "an adverb that goes with what follows"
    TAKES_OBJECT = "a verb whose object follows"
    MODIFIER = "an adjective that stands before its noun"
    CUE = "a noun that announces a value"
    NUMBER = "a number"
    ASK = "a question word"
    OTHER = "any other word"


def folded(text: str, code: str = "") -> str:
    """Lower case without accents, as the lists are compared; Cyrillic letters keep their marks but ё."""
    text = text.casefold().replace("’", "'").replace("ё", "е")
    if code == "ru" or any("а" <= letter <= "я" for letter in text):
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@dataclass(frozen=True)
class WordPack:
    """A language. Lists are strings of words; phrases are tuples, compared at the end of what was said."""

    code: str
    words: Mapping[Kind, str]
    open_ends: tuple[str, ...]
    closed_ends: tuple[str, ...]
    subordinators: str  # begin a clause that needs another after it
    verb_endings: tuple[str, ...]
    infinitive_endings: tuple[str, ...]
    modifier_endings: tuple[str, ...]
    exact: Mapping[Kind, str] = field(default_factory=dict)  # told from a list's word only by an accent
    negations: str = ""  # an answer when they stand alone; in a clause its predicate follows
    adverb_endings: tuple[str, ...] = ()
    split_apostrophe: bool = False
    verbs_are_nouns: bool = False  # the same form is both ("call"): behind an article it is a noun
    kinds: dict[str, Kind] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for kind in Kind:
            for word in self.words.get(kind, "").split():
                self.kinds.setdefault(folded(word, self.code), kind)

    @cached_property
    def subordinator_set(self) -> frozenset[str]:
        """Folded."""
        return frozenset(folded(word, self.code) for word in self.subordinators.split())

    @cached_property
    def ask_set(self) -> frozenset[str]:
        """Folded question words, whatever else they are."""
        return frozenset(folded(word, self.code) for word in self.words.get(Kind.ASK, "").split())

    @cached_property
    def exact_kinds(self) -> dict[str, Kind]:
        """Kinds of words as written, in lower case."""
        return {word: kind for kind, words in self.exact.items() for word in words.split()}

    @cached_property
    def negation_set(self) -> frozenset[str]:
        """Folded."""
        return frozenset(folded(word, self.code) for word in self.negations.split())

    @cached_property
    def open_phrases(self) -> tuple[tuple[str, ...], ...]:
        """Folded, word by word."""
        return tuple(tuple(folded(phrase, self.code).split()) for phrase in self.open_ends)

    @cached_property
    def closed_phrases(self) -> tuple[tuple[str, ...], ...]:
        """Folded, word by word."""
        return tuple(tuple(folded(phrase, self.code).split()) for phrase in self.closed_ends)
