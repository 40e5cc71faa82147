"""From the model's tokens to phrases that a synthesizer speaks well: cut at sentences, then at clauses.

The first phrase may be short, because the caller is waiting for it; later ones are whole sentences, because
prosody is better across a whole sentence and there is time while the first one plays.
"""

from __future__ import annotations

import re

_SENTENCE_END = ".!?…"
_CLAUSE_END = ",;:–—"
_CLOSERS = "\"')]}»”’"
_ABBREVIATIONS = re.compile(
    r"mr|mrs|ms|dr|st|prof|rev|gen|sgt|capt|lt|col|jr|sr|vs|e\.g|i\.e|cf|dept"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri"
)
_BEFORE_NUMBERS = re.compile(r"no|fig|vol|ext|tel|approx|p|pp")  # "No. 5", but "No. We are full."
# These may also end a sentence: what decides is whether a capital letter follows.
_MAYBE_ABBREVIATIONS = re.compile(r"[ap]\.m|etc|inc|ltd|co|corp|u\.s|u\.k")
_LAST_WORD = re.compile(r"\S+$")


class Chunker:
    """Takes text in pieces of any length, gives phrases. Lengths are in characters.

    `first_chars` is the shortest clause worth speaking first; `clause_chars` the shortest one later;
    `longest_chars` cuts a text without any punctuation at a space.
    """

    def __init__(self, *, first_chars: int = 12, clause_chars: int = 80, longest_chars: int = 220) -> None:
        self._first_chars = first_chars
        self._clause_chars = clause_chars
        self._longest_chars = longest_chars
        self._text = ""
        self._given = 0

    def feed(self, text: str) -> list[str]:
        """The phrases that this piece completes."""
        self._text += text
        phrases = []
        while (cut := self._cut()) is not None:
            phrase, self._text = self._text[:cut].strip(), self._text[cut:]
            if any(c.isalnum() for c in phrase):  # punctuation alone cannot be spoken
                phrases.append(phrase)
                self._given += 1
        return phrases

    def flush(self) -> list[str]:
        """What is left: the text is complete, or a tool runs and what was said should be heard."""
        phrase, self._text = self._text.strip(), ""
        if not any(c.isalnum() for c in phrase):
            return []
        self._given += 1
        return [phrase]

    def drop(self) -> str:
        """Forget the unfinished phrase and return it."""
        text, self._text = self._text, ""
        return text

    def _cut(self) -> int | None:
        """Where the first phrase of the buffer ends, or None while that cannot be known."""
        text = self._text
        shortest = self._clause_chars if self._given else self._first_chars
        for index, character in enumerate(text):
            if character == "\n" and text[:index].strip():
                return index + 1
            if character in _SENTENCE_END:
                end = self._end_of_sentence(index)
                if end is not None:
                    return end
            elif character in _CLAUSE_END and index + 1 >= shortest and text[index + 1 : index + 2].isspace():
                return index + 1  # a comma inside a number, a colon inside a time has no space after it
        if len(text) > self._longest_chars:
            space = text.rfind(" ", 0, self._longest_chars)
            return space + 1 if space > 0 else self._longest_chars
        return None

    def _end_of_sentence(self, index: int) -> int | None:
        """The cut after the mark at `index`, or None when no sentence ends there or more text must decide."""
        text = self._text
        end = index + 1
        while end < len(text) and text[end] in _SENTENCE_END + _CLOSERS:
            end += 1
        if end >= len(text) or not text[end].isspace():
            return None  # "3.5", "e.g.", or the next token decides
        if text[index] == "." and not self._full_stop(text[:index], text[end:].lstrip()):
            return None
        if not any(c.isalnum() for c in text[:end]):
            return None
        return end

    @staticmethod
    def _full_stop(before: str, after: str) -> bool:
        """Whether a dot between these texts ends a sentence."""
        match = _LAST_WORD.search(before)
        word = match.group().strip("\"'([{«“‘").lower() if match else ""
        if _ABBREVIATIONS.fullmatch(word) or (len(word) == 1 and word.isalpha() and word != "i"):
            return False
        if word.isdigit() and before.strip() == word:
            return False  # "1. First": a list number, not a sentence
        if _MAYBE_ABBREVIATIONS.fullmatch(word):
            return after[:1].isupper()
        if _BEFORE_NUMBERS.fullmatch(word):
            return bool(after) and not after[:1].isdigit()
        return True
