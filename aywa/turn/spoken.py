"""A phrase in two wordings: the model's own, and the one for the ear; and which word is which.

What was heard is told in the model's own words. A word of those was heard when the last word for the ear
that came of it was.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Spoken:
    """`spoken` is said for `text`. `ends`: of each word of `text` its end in `text` and in `spoken`."""

    text: str
    spoken: str
    ends: tuple[tuple[int, int], ...]

    @classmethod
    def as_written(cls, text: str) -> Spoken:
        """What is spoken as the model wrote it."""
        return cls(text, text, tuple((match.end(), match.end()) for match in _WORD.finditer(text)))

    @classmethod
    def of(cls, text: str, spoken: str, origins: Sequence[int]) -> Spoken:
        """`origins`: of each character of `spoken` the place in `text` up to which it tells; ascending."""
        ends = []
        for match in _WORD.finditer(text):
            upto = bisect_right(origins, match.end())
            ends.append((match.end(), len(spoken[:upto].rstrip())))
        return cls(text, spoken, tuple(ends))

    def original(self, heard: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """From (end in `spoken`, moment) of each word for the ear to (end in `text`, moment) of each written.

        Both ascend. A word that is not spoken at all ends with the one before it.
        """
        spoken_ends = [end for end, _ in heard]
        found: list[tuple[int, int]] = []
        moment, before = 0, 0
        for text_end, spoken_end in self.ends:
            if spoken_end > before and heard:
                moment = heard[min(bisect_left(spoken_ends, spoken_end), len(heard) - 1)][1]
                before = spoken_end
            found.append((text_end, moment))
        return found
