"""Speech that was heard and not understood: when to ask for it again.

A cough needs no answer, and words that the recogniser could not make out do: a caller who spoke and hears
nothing believes that the line is dead. Length tells them apart well enough, and asking is bounded, because a
noisy room must not be asked for ever.
"""

from __future__ import annotations

from aywa.turn.endpointing import NothingSaid, Why
from aywa.turn.settings import TurnSettings


class Unclear:
    """Counts what was not understood since the caller was last understood."""

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._asked = 0
        self._cut_for_it = False
        self._reports_guesses = False  # the recogniser of this call
        self._guessed = False
        self._sounds = self._doubted = 0  # of what may become a turn
        self._other = False  # somebody else was understood

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on."""
        self._settings = settings

    def sound(self) -> None:
        """A sound begins."""
        self._sounds += 1

    def doubted(self) -> None:
        """By the second tier of voice detection no voice is in it."""
        self._doubted = min(self._doubted + 1, self._sounds)

    @property
    def voiceless(self) -> bool:
        """Whether there was a voice in nothing that was heard: then nobody has said anything."""
        return 0 < self._sounds == self._doubted

    def over(self) -> None:
        """What was heard is done with."""
        self._sounds = self._doubted = 0
        self._other = False

    def somebody_else(self) -> None:
        """The words were understood, and not the caller's."""
        self._other = True

    def guessed(self, text: str) -> None:
        """A partial came: a recogniser that reports them has one for whatever may have been words."""
        self._reports_guesses = True
        self._guessed |= bool(text.strip())

    def cut(self) -> None:
        """An answer was cut because words seemed to come: if they come to nothing, somebody must speak."""
        self._cut_for_it = True

    def understood(self) -> None:
        """The caller was understood."""
        self._asked, self._cut_for_it, self._guessed = 0, False, False
        self.over()

    def asks(self, nothing: NothingSaid) -> bool:
        """Whether to ask the caller to say it again, now that nothing was understood."""
        cut, self._cut_for_it = self._cut_for_it, False
        guessed = self._guessed or not (self._reports_guesses or self.voiceless)
        self._guessed = False
        words = (
            guessed
            and not self._other
            and nothing.why is Why.EMPTY
            and nothing.spoken_s >= self._settings.unclear_speech_s
        )
        if not cut and (not words or self._asked >= self._settings.max_reprompts):
            return False
        self._asked += 1
        return True
