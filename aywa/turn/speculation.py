"""Answers made ahead: begun at a pause, used only if the caller had finished there, dropped unheard if not.

```
  caller   "a room for Friday" ▁▁▁▁▁▁▁▁▁▁│ taken: the same words ──► adopted, it speaks at once
                               └ Speculate(1): model and first phrase, for nobody's ear
  caller   "a room for" ▁▁▁▁ "two nights" ▁▁▁▁▁▁│ taken
                        └ Speculate(1)  └ DropSpeculation(1)
                                              └ Speculate(2), adopted
```
At most one is alive. The conversation's words, its floor and its limits decide; tokens are counted elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from aywa.turn.actions import Decided, DropSpeculation, Speculate, TurnAction
from aywa.turn.causes import Unused
from aywa.turn.same_words import begins_with, same_words, words_in
from aywa.turn.speculation_settings import SpeculationSettings

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "？", "！")
# One word that is a whole answer, in the languages of the recorded prompts.
_ANSWERS = (
    "yes yeah yep no nope okay ok sure right correct exactly thanks goodbye bye"
    " sí claro vale gracias oui non merci sì certo grazie ja nein danke да нет хорошо спасибо"
)
_ONE_WORD_ANSWERS = frozenset(_ANSWERS.split())


class SpeculationState(Enum):
    """Whether an answer is being made ahead."""

    IDLE = "nothing is made ahead"
    AHEAD = "an answer is made ahead; nobody hears it"
    OVER = "the conversation is over"


TRANSITIONS: tuple[tuple[SpeculationState, str, SpeculationState], ...] = (
    (SpeculationState.IDLE, "a pause after words", SpeculationState.AHEAD),
    (SpeculationState.AHEAD, "adopted", SpeculationState.IDLE),
    (SpeculationState.AHEAD, "dropped", SpeculationState.IDLE),
    (SpeculationState.IDLE, "call ended", SpeculationState.OVER),
    (SpeculationState.OVER, "call ended", SpeculationState.OVER),
)


class Speculation:
    """The decisions. `act` takes the actions that follow; nothing waits and nothing fails."""

    def __init__(self, settings: SpeculationSettings, act: Callable[[TurnAction], None]) -> None:
        self.state = SpeculationState.IDLE
        self._settings = settings
        self._act = act
        self._id = 0  # of the last one
        self._text = ""  # what it answers
        self._in_turn = 0  # begun since the caller's turn began
        self._passed_over = ""  # the last text that was not worth one

    def adopt(self, settings: SpeculationSettings) -> None:
        """Another plan from now on."""
        self._settings = settings

    def boundary(self, text: str) -> None:
        """The caller pauses after these words, all that was said in this turn."""
        if not self._settings.enabled or self.state is SpeculationState.OVER:
            return
        if self.state is SpeculationState.AHEAD:
            if same_words(text, self._text):
                return
            self.drop(Unused.OTHER_WORDS)
        words = words_in(text)
        if not self._worth(text, words):
            self._pass_over(text, words)
            return
        self._id += 1
        self._in_turn += 1
        self._text = text
        self._act(
            Decided(
                "speculation.decided",
                {
                    "id": self._id,
                    "words": words,
                    "min_words": self._settings.min_words,
                    "in_turn": self._in_turn,
                    "max_per_turn": self._settings.max_per_turn,
                },
            )
        )
        self._act(Speculate(self._id, text))
        self._enter(SpeculationState.AHEAD)

    def heard(self, text: str) -> None:
        """What the caller seems to have said by now; a part of the words may become all of them."""
        if self.state is not SpeculationState.AHEAD or not text or text == self._text:
            return
        if not same_words(text, self._text) and not begins_with(self._text, text):
            self.drop(Unused.OTHER_WORDS)

    def take(self, text: str | None) -> int | None:
        """A turn of the assistant begins that answers `text`, or nobody: which answer made ahead it gets."""
        if self.state is not SpeculationState.AHEAD:
            return None
        if text is None:
            self.drop(Unused.NO_TURN)
            return None
        if not same_words(text, self._text):
            self.drop(Unused.OTHER_WORDS)
            return None
        self._enter(SpeculationState.IDLE)
        return self._id

    def turn_over(self) -> None:
        """The caller's turn is over, whatever became of it."""
        self.drop(Unused.NO_TURN)
        self._in_turn, self._passed_over = 0, ""

    def drop(self, why: Unused) -> None:
        """It will not be used."""
        if self.state is SpeculationState.AHEAD:
            self._act(DropSpeculation(self._id, why))
            self._enter(SpeculationState.IDLE)

    def close(self) -> None:
        """The conversation is over: nothing is begun any more."""
        self.drop(Unused.CALL_ENDED)
        self._enter(SpeculationState.OVER)

    def _worth(self, text: str, words: int) -> bool:
        if not words or self._in_turn >= self._settings.max_per_turn:
            return False
        return words >= self._settings.min_words or _looks_complete(text)

    def _pass_over(self, text: str, words: int) -> None:
        if not words or text == self._passed_over:
            return
        self._passed_over = text
        settings = self._settings
        self._act(
            Decided(
                "speculation.passed",
                {
                    "words": words,
                    "min_words": settings.min_words,
                    "in_turn": self._in_turn,
                    "max_per_turn": settings.max_per_turn,
                },
            )
        )

    def _enter(self, state: SpeculationState) -> None:
        self.state = state


def _looks_complete(text: str) -> bool:
    """Whether so short a text may be all: a sentence, a number, or one of the common answers."""
    text = text.strip()
    word = text.casefold().strip(" ,.!?")
    return text.endswith(_SENTENCE_ENDS) or word in _ONE_WORD_ANSWERS or any(c.isdigit() for c in text)
