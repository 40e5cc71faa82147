"""What words mean that come while the assistant speaks, or while it is stopped.

| said | a question is open | otherwise |
|---|---|---|
| "stop", "no", "but ..." | takes the floor | takes the floor |
| "yes", "okay", "uh-huh" | is the answer: takes the floor | acknowledges: the assistant goes on |
| "mm", "er" | says nothing yet | the assistant goes on |
| the assistant's own words | an echo: the assistant goes on | an echo: the assistant goes on |
| any other words, as many as asked for | take the floor | take the floor |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.words import PhraseSet, echoes, heard_words


class Verdict(Enum):
    """What the words mean for the assistant."""

    COMMIT = "the caller takes the floor"
    RESUME = "the assistant goes on"
    KEEP = "the assistant goes on, and what was said is answered afterwards"
    UNDECIDED = "no words yet"


class Reason(Enum):
    """Why."""

    NO_WORDS = "no words"
    INTERRUPTION = "a phrase that stops the assistant"
    ACKNOWLEDGEMENT = "a phrase that acknowledges"
    ANSWER = "a phrase that answers the open question"
    SOUND = "a sound that says nothing"
    ECHO = "the assistant's own words"
    WORDS = "as many words as take the floor"
    FEW_WORDS = "fewer words than take the floor"


@dataclass(frozen=True, slots=True)
class Said:
    """What the assistant had said when the words came."""

    begun: bool = True  # a sample of the answer was heard
    question: bool = False  # a question is open
    recent: str = ""  # what was said in the last seconds


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with what it rests on."""

    verdict: Verdict
    reason: Reason
    words: int = 0
    phrase: str = ""


class Judge:
    """Judges words by the phrases and the number of words of one call."""

    def __init__(self, settings: BargeInSettings) -> None:
        self._settings = settings
        self._acknowledgements = PhraseSet(settings.acknowledgements)
        self._interruptions = PhraseSet(settings.interruptions)

    def judge(self, text: str, said: Said) -> Judgement:
        """What `text`, all that the caller has said in this turn so far, means after what was `said`."""
        words = heard_words(text)
        count = len(words)
        if not words:
            return Judgement(Verdict.UNDECIDED, Reason.NO_WORDS)
        if echoes(words, heard_words(said.recent), self._settings.echo_words):
            return Judgement(Verdict.RESUME, Reason.ECHO, count)
        if phrase := self._interruptions.found(words):
            return Judgement(Verdict.COMMIT, Reason.INTERRUPTION, count, phrase)
        if self._acknowledgements.consists(words):
            phrase = self._acknowledgements.found(words)
            if not phrase:
                return Judgement(Verdict.RESUME, Reason.SOUND, count)
            if said.question:
                return Judgement(Verdict.COMMIT, Reason.ANSWER, count, phrase)
            return Judgement(Verdict.RESUME, Reason.ACKNOWLEDGEMENT, count, phrase)
        if said.begun and count < self._needed:
            return Judgement(Verdict.KEEP, Reason.FEW_WORDS, count)
        return Judgement(Verdict.COMMIT, Reason.WORDS, count)

    @property
    def _needed(self) -> int:
        return self._settings.num_words if self._settings.mode is not BargeInMode.VOICE else 1
