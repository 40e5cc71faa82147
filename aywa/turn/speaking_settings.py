"""How an assistant speaks: where its text is cut, what is said in which words, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

PUNCTUATION_BOUNDARIES = ("。", "，", ".", "!", "?", ";", ")", "،", "۔", "।", "॥", "|", "||", ",", ":")


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """Where the model's text is cut into phrases. Lengths are in characters; a CJK one counts three.

    `min_chars` replaces the three lengths of the usual rule: no phrase is shorter, the first one neither.
    `boundaries`: the marks of `PUNCTUATION_BOUNDARIES` that may end a phrase, None for all that are known.
    """

    enabled: bool = True  # False: an answer is one phrase, up to `unbroken_chars`
    min_chars: int | None = None
    boundaries: frozenset[str] | None = None
    first_chars: int = 12  # the shortest clause worth speaking first: the caller waits for it
    clause_chars: int = 80  # later ones: prosody is better across a whole sentence, and there is time
    first_longest_chars: int = 120  # without any mark: half a second of a slow model, then a pause is better
    longest_chars: int = 220
    unbroken_chars: int = 1000  # a minute of speech, made before any of it is heard


@dataclass(frozen=True, slots=True)
class SpeakingSettings:
    """Of one assistant. `language`: a tag such as "en" or "de-AT"; abbreviations and wording follow it."""

    language: str = "en"
    chunks: ChunkSettings = field(default_factory=ChunkSettings)
