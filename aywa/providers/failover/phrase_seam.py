"""A phrase that another voice may have to go on with: given word by word, so that none is said twice.

Pure. Audio is given up to the end of the last whole word, and what begins behind it waits for its own end.
When the voice breaks off, what waits is thrown away, and the other voice begins with that word. Where words
end is known from the voice's marks. Without any it is a quiet place in the sound, and which words were said
follows from how fast this voice speaks.
"""

from __future__ import annotations

import re
from array import array

from aywa.ports.tts import SpeechChunk, WordMark

USUAL_SAMPLES = 520.0  # of 8 kHz for a character: 15 characters a second
MOST_HELD = 8000  # a second: longer than a word, a voice that says its marks late
_FRAME = 80  # 10 ms
_GAP_FRAMES = 3  # a pause between words is longer than the one before a "t"
_QUIET_SHARE, _QUIET = 0.08, 160  # of the loudest frame so far; never above the second
_TAIL = 800  # what was just received may be the beginning of a gap
_WORD = re.compile(r"[^\s\u2e80-\ua4cf\uf900-\ufaff\uff00-\uff60]+|[\u2e80-\ua4cf\uf900-\ufaff\uff00-\uff60]")
_TRAILING = " \t\n,;:.!?…)]}»”’。，、；：！？"


class PhraseSeam:
    """Of one phrase by one voice. `samples_per_character`: how fast it speaks."""

    def __init__(self, text: str, samples_per_character: float = USUAL_SAMPLES) -> None:
        self.given = 0  # samples
        self._text = text
        self._pace = samples_per_character
        self._held = bytearray()
        self._marks: list[WordMark] = []  # all, in order
        self._marked = 0  # how many of them were given
        self._loudest = 0
        self._sound_at: int | None = None  # the first sample that can be heard
        self._by_sound = False  # the last cut was not at a mark

    @property
    def received(self) -> int:
        """Samples so far."""
        return self.given + len(self._held) // 2

    def feed(self, chunk: SpeechChunk) -> SpeechChunk | None:
        """What may be given of this and what was held; None: nothing yet."""
        begins = self.received
        self._held += chunk.pcm[: len(chunk.pcm) // 2 * 2]
        self._marks += chunk.words
        self._listen(begins, chunk.pcm)
        boundary = max((mark.at_sample for mark in self._marks if mark.at_sample <= self.received), default=0)
        by_sound = False
        if boundary <= self.given and (not self._marks or len(self._held) // 2 > MOST_HELD):
            boundary, by_sound = self._quiet_place(), True
        if boundary <= self.given:
            return None
        self._by_sound = by_sound
        return self._give(boundary)

    def finish(self) -> SpeechChunk | None:
        """The phrase is whole: all that is held."""
        return self._give(self.received) if self._held else None

    def rest(self) -> str:
        """It broke off: the words that were not given, from a word's first letter. "" when all were."""
        if not self.given:
            return self._text
        if self._marks and not self._by_sound:
            return self._behind_marks()
        return self._behind_pace()

    def pace(self) -> float | None:
        """How fast this voice spoke the whole phrase; None where it cannot be told."""
        spoken = self.received - (self._sound_at or 0)
        return spoken / len(self._text) if len(self._text) >= 8 and spoken > 0 else None

    def _give(self, boundary: int) -> SpeechChunk:
        size = 2 * (boundary - self.given)
        pcm = bytes(self._held[:size])
        del self._held[:size]
        self.given = boundary
        last = self._marked
        while last < len(self._marks) and self._marks[last].at_sample < boundary:
            last += 1
        words, self._marked = tuple(self._marks[self._marked : last]), last
        return SpeechChunk(pcm, words)

    def _listen(self, begins: int, pcm: bytes) -> None:
        samples = array("h", pcm[: len(pcm) // 2 * 2])
        if not samples:
            return
        self._loudest = max(self._loudest, max(samples), -min(samples))
        if self._sound_at is None:
            found = next((index for index, each in enumerate(samples) if abs(each) > _QUIET), None)
            self._sound_at = None if found is None else begins + found

    def _quiet_place(self) -> int:
        """Behind the last pause in what is held; when there is too much of it, at its quietest place."""
        held = array("h", bytes(self._held))
        limit = max(_QUIET_SHARE * self._loudest, _QUIET)
        levels = [
            max(max(held[at : at + _FRAME]), -min(held[at : at + _FRAME]))
            for at in range(0, len(held) - _FRAME + 1, _FRAME)
        ]
        if self._sound_at is None or self._sound_at >= self.received:
            return self.received  # silence before the first word
        quiet = 0
        found = 0
        for index, level in enumerate(levels):
            quiet = quiet + 1 if level <= limit else 0
            if quiet >= _GAP_FRAMES:
                found = index + 1
        if found:
            return self.given + found * _FRAME
        if len(held) <= MOST_HELD:
            return 0
        until = max(1, len(levels) - _TAIL // _FRAME)
        return self.given + (min(reversed(range(until)), key=lambda index: levels[index]) + 1) * _FRAME

    def _behind_marks(self) -> str:
        text, cursor = self._text, 0
        lowered = text.lower()
        for mark in self._marks[: self._marked]:
            word = mark.word.strip().lower()
            found = lowered.find(word, cursor) if word else -1
            if found < 0 or found > cursor + 60:
                return self._from_word(self._marked)  # it speaks numbers and signs as other words
            cursor = found + len(word)
        return text[cursor:].lstrip(_TRAILING)

    def _behind_pace(self) -> str:
        """The word boundary that is nearest to where the sound is."""
        at = (self.given - (self._sound_at or 0)) / self._pace
        ends = [0, *(match.end() for match in _WORD.finditer(self._text))]
        return self._from_word(min(range(len(ends)), key=lambda index: abs(ends[index] - at)))

    def _from_word(self, number: int) -> str:
        starts = [match.start() for match in _WORD.finditer(self._text)]
        return self._text[starts[number] :].lstrip() if number < len(starts) else ""
