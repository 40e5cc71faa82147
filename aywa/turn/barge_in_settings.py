"""How the caller may interrupt. Times in seconds; every default says why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from aywa.turn.barge_in_phrases import ACKNOWLEDGEMENTS, INTERRUPTIONS


class BargeInMode(Enum):
    """What takes the floor from the assistant."""

    OFF = "nothing: what the caller says is answered afterwards"
    WORDS = "so many words; until then the assistant goes on"
    VOICE = "a voice for so long; until then the assistant goes on"
    REVERSIBLE = "the assistant stops at the first sound; words decide whether it goes on"


@dataclass(frozen=True, slots=True)
class BargeInSettings:
    """Thresholds of one call."""

    mode: BargeInMode = BargeInMode.REVERSIBLE
    num_words: int = 1  # of WORDS, 1 to 10; in REVERSIBLE fewer do not take the floor
    voice_s: float = 0.2  # of VOICE, 0 to 0.5
    backoff_s: float = 0.0  # after an interruption nothing is said for so long, 0 to 10
    # A recogniser's partial comes about 150 ms after its word: what had none by then is no word, and what
    # comes later still cuts the assistant again.
    resume_after_s: float = 0.5  # since the last voiced sample, 0.2 to 2
    voiceless_s: float = 3.0  # a sound without one word for so long is not a person who talks to us
    first_message: bool = True  # it may be interrupted
    protected: tuple[str, ...] = ()  # sentences that may not, whoever says them
    echo_words: int = 3  # so many words in a row of what was just said are its echo; 0: none are
    acknowledgements: tuple[str, ...] = ACKNOWLEDGEMENTS
    interruptions: tuple[str, ...] = INTERRUPTIONS
