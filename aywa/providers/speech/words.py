"""From when each character is spoken to when each word begins. Pure."""

from __future__ import annotations

from collections.abc import Sequence


class CharacterWords:
    """One phrase's alignment, in pieces. A word is told where its first character is spoken.

    As long as the characters are those of `text`, the word is taken from there, so that one which is cut in
    two between pieces is told in time. Where they are others, a word is told when it is complete.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0  # how far in the text
        self._follows = True
        self._word = ""
        self._since = 0.0
        self._told = False

    def add(
        self, characters: Sequence[str], starts_ms: Sequence[float], offset_s: float
    ) -> list[tuple[str, float]]:
        """Words that begin here, with seconds from the phrase's start. `offset_s`: where the piece begins."""
        found: list[tuple[str, float]] = []
        for character, start_ms in zip(characters, starts_ms, strict=False):
            if not character:
                continue
            self._follow(character)
            if character.isspace():
                self._complete(found)
                continue
            if not self._word:
                self._since = offset_s + start_ms / 1000
                if self._follows:
                    found.append((self._whole(len(character)), self._since))
                    self._told = True
            self._word += character
        return found

    def finish(self) -> list[tuple[str, float]]:
        """The last word, if it was not told."""
        found: list[tuple[str, float]] = []
        self._complete(found)
        return found

    def _complete(self, found: list[tuple[str, float]]) -> None:
        if self._word and not self._told:
            found.append((self._word, self._since))
        self._word, self._told = "", False

    def _follow(self, character: str) -> None:
        """Keep the place in the text; white space counts as one, however much of it there is."""
        if not self._follows:
            return
        if character.isspace():
            while self._at < len(self._text) and self._text[self._at].isspace():
                self._at += 1
            return
        while not self._word and self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        self._follows = self._text.startswith(character, self._at)
        self._at += len(character)

    def _whole(self, passed: int) -> str:
        """The word of the text of which the first `passed` characters were just passed."""
        start = end = self._at - passed
        while end < len(self._text) and not self._text[end].isspace():
            end += 1
        return self._text[start:end]
