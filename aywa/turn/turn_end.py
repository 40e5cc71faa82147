"""What one call knows about the end of the caller's turns, and the wait that follows from it. Pure.

Signals about an open turn (the recogniser's, the sound's, the webhook's) hold until more is said; what is
learnt of the caller (language, pauses) holds for the call.
"""

from __future__ import annotations

from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.expectation import Expectation, expected_of
from aywa.turn.language import LanguageGuess, known_language
from aywa.turn.pauses import CallerPauses
from aywa.turn.wait_choice import Evidence, Wait, choose_wait


class TurnEnd:
    """Gathers evidence; `wait` judges it."""

    def __init__(self, settings: EndpointingSettings, fixed_wait_s: float) -> None:
        self.settings = settings
        self.pauses = CallerPauses(settings)
        self._fixed_wait_s = fixed_wait_s
        self._guess = LanguageGuess(settings.language)
        self._told: str | None = None  # by the recogniser
        self._explicit = Expectation()
        self._read = Expectation()  # from the assistant's words
        self._native: float | None = None
        self._sound: float | None = None
        self._advice: tuple[str, float] | None = None  # to this text
        self._asked: tuple[str, float] | None = None  # the text and until when its answer is waited for

    def adopt(self, settings: EndpointingSettings, fixed_wait_s: float) -> None:
        """Another plan from now on; what was learnt of the caller stays."""
        self.settings, self._fixed_wait_s = settings, fixed_wait_s

    @property
    def language(self) -> str:
        """What is taken for the caller's language when nothing is being said."""
        return self._language("")

    def expect(self, expectation: Expectation) -> None:
        """What the caller is asked for, until he has answered. Without a kind it is read from the words."""
        self._explicit = expectation

    def assistant_said(self, text: str) -> None:
        """The assistant's words, as heard; they ask for something or not."""
        if text != self._read.assistant_text:
            self._read = expected_of(text)
            self._guess.hear(text)  # both sides of a call speak one language, as a rule

    def speech(self) -> None:
        """The caller speaks again: what was judged of the sound so far says nothing any more."""
        self._native = self._sound = None

    def turn_over(self, text: str) -> None:
        """The caller's turn was taken, or came to nothing."""
        self._native = self._sound = None
        self._advice = self._asked = None
        if text:
            self._explicit = Expectation()
            self._guess.hear(text)

    def words(self, native: float | None, language: str | None) -> None:
        """A transcript came, with the recogniser's own opinion if it has one."""
        self._native = native
        self._told = known_language(language) or self._told

    def heard(self, sound: float) -> None:
        """The sound of the last pause's speech was judged: probability that the turn is over."""
        self._sound = min(max(sound, 0.0), 1.0)

    def wants_advice(self, text: str, now: float) -> bool:
        """Whether the webhook shall be asked about this text; asking is noted."""
        if self.settings.mode is not EndpointingMode.WEBHOOK or not text:
            return False
        if self._asked is not None and self._asked[0] == text:
            return False
        self._asked = (text, now + self.settings.advice_timeout_s)
        return True

    def advised(self, text: str, seconds: float | None) -> None:
        """The webhook's answer to a text; None: it failed."""
        if self._asked is not None and self._asked[0] == text:
            self._asked = (text, 0.0)
            self._advice = None if seconds is None else (text, seconds)

    def advice_until(self, text: str) -> float:
        """Until when the answer to this text is waited for, monotonic seconds; 0: it is not."""
        return self._asked[1] if self._asked is not None and self._asked[0] == text else 0.0

    def language_of(self, text: str) -> str:
        """What is taken for the language of these words."""
        return self._language(text)

    def wait(self, text: str) -> Wait:
        """How long to be silent after this text."""
        advice = self._advice[1] if self._advice is not None and self._advice[0] == text else None
        evidence = Evidence(
            text=text,
            language=self._language(text),
            expected=self._explicit.over(self._read),
            native=self._native,
            sound=self._sound,
            advice_s=advice,
            caller_wait_s=self.pauses.wait_s,
            fixed_wait_s=self._fixed_wait_s,
        )
        return choose_wait(self.settings, evidence)

    def _language(self, text: str) -> str:
        told = known_language(self.settings.language) or self._told
        return told if told is not None else self._guess.of(text)
