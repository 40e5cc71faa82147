"""Speech in which every word is a level of its own: who was heard saying what can be read off the samples."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

GAP = 240  # samples of silence behind each word
FIRST_LEVEL = 1000


@dataclass
class Code:
    """Levels of words, for as many words as a test says."""

    levels: dict[str, int] = field(default_factory=dict)

    def level(self, word: str) -> int:
        """The word's own; marks around it do not count."""
        plain = word.strip(".,!?").lower()
        return self.levels.setdefault(plain, FIRST_LEVEL + 3 * len(self.levels))

    def speak(self, text: str, per_character: int, *, scale: int = 1) -> tuple[bytes, list[tuple[str, int]]]:
        """PCM, and where each word begins. `per_character` samples; `scale`: times as many."""
        samples = array("h")
        begins = []
        for word in text.split():
            begins.append((word, len(samples) // scale))
            samples.extend([self.level(word)] * (len(word) * per_character * scale))
            samples.extend([0] * (GAP * scale))
        return samples.tobytes(), begins

    def heard(self, pcm: bytes, paces: Iterable[int]) -> list[str]:
        """The words, in order; one that has not the length that any voice gives it is in brackets."""
        words = {level: word for word, level in self.levels.items()}
        found: list[str] = []
        samples, at = array("h", pcm), 0
        while at < len(samples):
            level, begin = samples[at], at
            while at < len(samples) and samples[at] == level:
                at += 1
            if level:
                word = words[level]
                lengths = {each * count for each in paces for count in range(len(word), len(word) + 3)}
                found.append(word if at - begin in lengths else f"({word})")
        return found
