"""From the model's tokens to phrases that a synthesizer speaks well: cut at sentences, then at clauses.

The first phrase may be short, because the caller is waiting for it; later ones are whole sentences, because
prosody is better across a whole sentence and there is time while the first one plays. Where a text is cut
depends on the text alone: a place is decided once everything that decides it has come, however it came.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from aywa.turn.abbreviations import abbreviations, begins_sentences, names_a_date
from aywa.turn.speaking_settings import ChunkSettings

_SPACED_ENDS = ".!?…؟۔।॥"  # a space follows, or the text ends
_WIDE_ENDS = "。！？｡．።។။"  # nothing need follow
_SPACED_PAUSES = ",;:–—،؛"
_WIDE_PAUSES = "，、；：､|"
_ENDS = _SPACED_ENDS + _WIDE_ENDS
_PAUSES = _SPACED_PAUSES + _WIDE_PAUSES
_CLOSERS = "\"')]}»”’*_`」』）】》〉"
_OPENERS = "\"'([{«“‘„¿¡*_`「『（【《〈-"
_HYPHENATED = "-'’"
_WIDE = (("\u2e80", "\ua4cf"), ("\uac00", "\ud7a3"), ("\uf900", "\ufaff"), ("\uff00", "\uff60"))
_WIDE_COUNTS = 3  # a syllable or a word each


class Chunker:
    """Takes text in pieces of any length, gives phrases without the space around them."""

    def __init__(self, settings: ChunkSettings | None = None, language: str = "en") -> None:
        self._cutter = Cutter(settings or ChunkSettings(), language)

    def feed(self, text: str) -> list[str]:
        """The phrases that this piece completes."""
        return [piece.strip() for piece in self._cutter.feed(text)]

    def flush(self) -> list[str]:
        """What is left: the text is complete, or a tool runs and what was said should be heard."""
        return [piece.strip() for piece in self._cutter.flush()]

    def drop(self) -> str:
        """Forget the unfinished phrase and return it."""
        return self._cutter.drop()


def whole_text(text: str, settings: ChunkSettings, language: str = "en") -> list[str]:
    """The phrases of a text that is there whole: sentences from the first on, for nothing is waited for."""
    chunker = Chunker(replace(settings, first_chars=settings.clause_chars), language)
    return chunker.feed(text) + chunker.flush()


class Cutter:
    """Cuts a text into pieces that together are the text, to the character.

    Every piece holds a letter or a digit; only what follows the last one may be dropped, at a flush.
    """

    def __init__(self, settings: ChunkSettings, language: str = "en") -> None:
        self._settings = settings
        self._abbreviations = abbreviations(language)
        self._given = 0
        self._text = ""
        self._at = 0  # every place before is decided: no cut
        self._weight = 0  # of the text before `_at`
        self._speakable = False  # whether the text before `_at` holds a letter or a digit

    def feed(self, text: str) -> list[str]:
        """The pieces that this text completes."""
        self._text += text
        return self._pieces(final=False)

    def flush(self) -> list[str]:
        """All that is left, if it can be spoken."""
        pieces = self._pieces(final=True)
        rest = self.drop()
        if any(character.isalnum() for character in rest):
            self._given += 1
            pieces.append(rest)
        return pieces

    def drop(self) -> str:
        """Forget the unfinished piece and return it."""
        text = self._text
        self._begin("")
        return text

    def _begin(self, text: str) -> None:
        self._text, self._at, self._weight, self._speakable = text, 0, 0, False

    def _pieces(self, *, final: bool) -> list[str]:
        pieces = []
        while (cut := self._next_cut(final=final)) is not None:
            pieces.append(self._text[:cut])
            self._given += 1
            self._begin(self._text[cut:])
        return pieces

    def _next_cut(self, *, final: bool) -> int | None:
        """Where the piece in hand ends, or None while that cannot be known."""
        text, settings = self._text, self._settings
        longest = self._longest()
        while self._at < len(text):
            if self._weight >= longest and self._speakable:
                return self._forced_cut()
            character = text[self._at]
            if settings.enabled and self._speakable and self._long_enough(character):
                cut = self._cut_at(character, final=final)
                if cut is None:
                    return None
                if cut:
                    return cut
            self._weight += _WIDE_COUNTS if _is_wide(character) else 1
            self._speakable = self._speakable or character.isalnum()
            self._at += 1
        return None

    def _longest(self) -> int:
        settings = self._settings
        if not settings.enabled:
            return settings.unbroken_chars
        early = not self._given and settings.min_chars is None
        return settings.first_longest_chars if early else settings.longest_chars

    def _long_enough(self, character: str) -> bool:
        """Whether a piece that ends with this character is worth speaking."""
        settings, length = self._settings, self._weight + 1
        if settings.min_chars is not None:
            return length >= settings.min_chars
        if character in _ENDS or character == "\n":
            return True
        return length >= (settings.clause_chars if self._given else settings.first_chars)

    def _cut_at(self, character: str, *, final: bool) -> int | None:
        """The cut behind the mark in hand; 0: there is none; None: more text must decide."""
        if character == "\n":
            return self._at + 1
        if not self._allowed(character):
            return 0
        if character in _WIDE_PAUSES:
            return self._at + 1
        if character in _SPACED_PAUSES or character == ")":
            return self._pause(final=final)
        return self._end(final=final) if character in _ENDS else 0

    def _allowed(self, character: str) -> bool:
        """Whether this character may end a phrase at all."""
        boundaries = self._settings.boundaries
        if boundaries is None:
            return character in _ENDS or (character in _PAUSES and character != "|")
        return character in boundaries or (character == "|" and "||" in boundaries)

    def _pause(self, *, final: bool) -> int | None:
        """Behind a comma: not in "1,250", "10:30", nor in "5, 5, 5"."""
        text, after = self._text, self._at + 1
        if after >= len(text):
            return 0 if final else None
        if not text[after].isspace() or (text.count("(", 0, after) > text.count(")", 0, after)):
            return 0
        if self._at and text[: self._at].rstrip()[-1:].isdigit():
            follower = self._word_after(after, final=final)
            if follower is None:
                return None
            if follower[:1].isdigit():
                return 0
        return after

    def _end(self, *, final: bool) -> int | None:
        """Behind the last mark of a sentence and what closes with it."""
        text, start = self._text, self._at
        end = start + 1
        while end < len(text) and text[end] in _ENDS + _CLOSERS:
            end += 1
        if end >= len(text):
            return 0 if final else None  # the rest is flushed whole
        if any(mark in _WIDE_ENDS for mark in text[start:end]):
            return end
        if not text[end].isspace():
            return 0  # "3.5", "e.g.", "example.com"
        if text[start] != "." or text[start + 1 : start + 2] == ".":
            return end
        verdict = self._full_stop(end, final=final)
        return None if verdict is None else (end if verdict else 0)

    def _full_stop(self, end: int, *, final: bool) -> bool | None:
        """Whether the dot in hand ends a sentence; None while the next word is not there whole."""
        before = self._text[: self._at]
        word = (before.split() or [""])[-1].strip(_OPENERS + _CLOSERS).lower()
        known = self._abbreviations
        if word in known.never or word.endswith(known.endings):
            return False
        if len(word) == 1 and word.isalpha() and word != "i":
            return False
        if word.isdigit() and before.strip() == word:
            return False  # "1. First": a list number, not a sentence
        number = word[-1:].isdigit()
        initials = "." in word and all(len(part) == 1 for part in word.split("."))
        if not (number or initials or word in known.perhaps or word in known.before_numbers):
            return True
        follower = self._word_after(end, final=final)
        if follower is None:
            return None
        if word in known.before_numbers and follower[:1].isdigit():
            return False
        if number:  # "12. 05. 2026", "am 3. Mai", "el 3. piso"; but "It costs 30. Good?"
            return not (follower[:1].isdigit() or follower[:1].islower() or names_a_date(follower))
        if word in known.perhaps:
            return follower[:1].isupper() and not names_a_date(follower)
        return begins_sentences(follower) if initials else True

    def _word_after(self, index: int, *, final: bool) -> str | None:
        """The next word from here, without what opens before it; None while it is not there whole."""
        text = self._text
        while index < len(text) and (text[index].isspace() or text[index] in _OPENERS):
            index += 1
        stop = index
        while stop < len(text) and (text[stop].isalnum() or text[stop] in _HYPHENATED):
            stop += 1
        return text[index:stop] if final or stop < len(text) else None

    def _forced_cut(self) -> int:
        """In a text without marks: at a space, if it can be one that holds no number together."""
        text, at = self._text, self._at
        first = next(index for index, character in enumerate(text) if character.isalnum())
        spaces = [index for index in range(at - 1, first, -1) if text[index].isspace()]
        for index in spaces:
            if not text[index - 1].isdigit() and not text[index + 1].isdigit():
                return index + 1
        if spaces:
            return spaces[0] + 1
        while at > first + 1 and (unicodedata.combining(text[at]) or text[at] in "\u200d\ufe0f"):
            at -= 1
        return at


def _is_wide(character: str) -> bool:
    return any(low <= character <= high for low, high in _WIDE)
