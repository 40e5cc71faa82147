"""How an assistant speaks: where its text is cut, what is said in which words, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from aywa.turn.tool_messages import ToolMessage

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


class Formatter(Enum):
    """What may be worded for the ear, by the names of the plan."""

    MARKDOWN = "markdown"
    ASTERISK = "asterisk"  # what stands between asterisks is not spoken; only where a plan names it
    QUOTE = "quote"
    DASH = "dash"
    NEWLINE = "newline"
    COLON = "colon"
    ACRONYM = "acronym"
    DOLLAR_AMOUNT = "dollarAmount"
    EMAIL = "email"
    DATE = "date"
    TIME = "time"
    DISTANCE = "distance"
    UNIT = "unit"
    PERCENTAGE = "percentage"
    PHONE_NUMBER = "phoneNumber"
    NUMBER = "number"
    STRIP_ASTERISK = "stripAsterisk"


@dataclass(frozen=True, slots=True)
class Replacement:
    """Said instead of `key`, which is taken literally or as a regular expression."""

    key: str
    value: str
    regex: bool = False
    ignore_case: bool = False
    whole_word: bool = False
    multi_line: bool = False


@dataclass(frozen=True, slots=True)
class FormatSettings:
    """How phrases are worded for the ear. A plain number above `digits_cutoff` is read digit by digit."""

    enabled: bool = True
    digits_cutoff: int = 2025
    replacements: tuple[Replacement, ...] = ()  # in their order, after everything else
    formatters: frozenset[Formatter] | None = None  # None: all but ASTERISK

    def on(self, formatter: Formatter) -> bool:
        """Whether this one is applied."""
        if self.formatters is None:
            return formatter is not Formatter.ASTERISK
        return formatter in self.formatters


FILLERS = {
    "en": ("One moment, please.", "Just a moment.", "Let me check that for you.", "Bear with me a second."),
    "de": ("Einen Moment, bitte.", "Ich sehe kurz nach.", "Einen Augenblick noch."),
    "es": ("Un momento, por favor.", "Déjeme comprobarlo.", "Enseguida se lo digo."),
    "fr": ("Un instant, s'il vous plaît.", "Je vérifie cela.", "Un petit moment."),
    "it": ("Un momento, per favore.", "Controllo subito.", "Solo un attimo."),
    "pt": ("Um momento, por favor.", "Deixe-me verificar.", "Só um instante."),
    "nl": ("Een moment, alstublieft.", "Ik kijk het even na.", "Een ogenblik nog."),
    "pl": ("Chwileczkę, proszę.", "Już sprawdzam.", "Jeszcze moment."),
    "ru": ("Одну минуту, пожалуйста.", "Сейчас проверю.", "Ещё секунду."),
}


@dataclass(frozen=True, slots=True)
class FillerSettings:
    """Said once when a tool without messages of its own takes longer than `delay_s`; None: nothing is."""

    delay_s: float | None = 2.0  # of silence: a second and a half is a pause that people leave each other
    phrases: tuple[str, ...] = FILLERS["en"]


@dataclass(frozen=True, slots=True)
class SpeakingSettings:
    """Of one assistant. `language`: a tag such as "en" or "de-AT"; abbreviations and wording follow it.

    `first_message`: what it greets with; empty: the model writes the greeting. `first_recorded`: those are
    the words of a recording, which is played whole. `end_message`: said when the
    assistant ends the call. `end_phrases`: it hangs up when one of them was heard from it. `tool_messages`:
    by the tool's name. `seed`: by which variants are chosen.
    """

    language: str = "en"
    chunks: ChunkSettings = field(default_factory=ChunkSettings)
    format: FormatSettings = field(default_factory=FormatSettings)
    fillers: FillerSettings = field(default_factory=FillerSettings)
    first_message: str = ""
    first_recorded: bool = False
    disclosure: str = ""  # that no human speaks; "" where nobody is to be told
    end_message: str = ""
    end_phrases: tuple[str, ...] = ()
    tool_messages: tuple[tuple[str, tuple[ToolMessage, ...]], ...] = ()
    seed: int = 0

    def messages_for(self, tool: str) -> tuple[ToolMessage, ...]:
        """What the plan says for a tool of this name."""
        return next((messages for name, messages in self.tool_messages if name == tool), ())
