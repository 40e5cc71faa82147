"""A text that is being reworded, and where each of its characters came from."""

from __future__ import annotations

import re
from collections.abc import Callable

from aywa.turn.spoken import Spoken

Say = Callable[["re.Match[str]"], "str | None"]


class Draft:
    """Reworded piece by piece; what was reworded once is settled and not looked at by later rules."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._written = text
        self._origins = list(range(1, len(text) + 1))
        self._settled = bytearray(len(text))

    def sub(
        self, pattern: re.Pattern[str], say: Say | str, *, settles: bool = True, all_of_it: bool = False
    ) -> None:
        """Say each match otherwise; `say` returns None for one that stays.

        `settles`: later rules leave the new words alone. `all_of_it`: settled words are reworded too.
        """
        pieces: list[str] = []
        origins: list[int] = []
        settled = bytearray()
        at = 0
        for match in pattern.finditer(self.text):
            start, end = match.span()
            if start < at or (not all_of_it and any(self._settled[start:end])):
                continue
            words = say if isinstance(say, str) else say(match)
            if words is None or words == match.group():
                continue
            pieces += [self.text[at:start], words]
            origins += self._origins[at:start]
            settled += self._settled[at:start]
            origins += self._shared(start, end, len(words))
            settled += bytes([settles]) * len(words)
            at = end
        if at:
            self.text = "".join([*pieces, self.text[at:]])
            self._origins = origins + self._origins[at:]
            self._settled = settled + self._settled[at:]

    def spoken(self) -> Spoken:
        """Both wordings."""
        return Spoken.of(self._written, self.text, self._origins)

    def _shared(self, start: int, end: int, count: int) -> list[int]:
        """Origins of `count` characters that are said for [start, end): each tells its share of it."""
        before = self._origins[start - 1] if start else 0
        upto = self._origins[end - 1] if end > start else before
        return [before + -(-(index + 1) * (upto - before) // count) for index in range(count)]
