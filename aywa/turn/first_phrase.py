"""The first phrase of an answer that is made ahead, found as the answer itself will find it."""

from __future__ import annotations

from aywa.turn.chunker import Chunker
from aywa.turn.speaking_settings import SpeakingSettings
from aywa.turn.wording.formatter import wording


class FirstPhrase:
    """Takes the answer's text in pieces; `spoken` is what a synthesizer is given, "" until it is known."""

    def __init__(self, settings: SpeakingSettings) -> None:
        self.spoken = ""
        self._chunker = Chunker(settings.chunks, settings.language)
        self._wording = wording(settings.format, settings.language)

    def feed(self, text: str) -> str:
        """The phrase, if this piece completes it; "" otherwise, and ever after."""
        return self._found(self._chunker.feed(text) if not self.spoken else [])

    def flush(self) -> str:
        """The phrase, if the text ends with it."""
        return self._found(self._chunker.flush() if not self.spoken else [])

    def _found(self, phrases: list[str]) -> str:
        if not phrases:
            return ""
        self.spoken = self._wording.speak(phrases[0]).spoken
        return self.spoken
