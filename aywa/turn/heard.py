"""The heard ledger: what the caller really heard, to the sample.

Positions are in speech samples of 8 kHz since the leg began (`played`), as the engine counts them: neither
silence nor what was flushed is counted. Anchors tie `played` to the leg's timeline, from which times come.

```
  written   |--- phrase 0 ---|------ phrase 1 ------|
  played    ................................^ cut
  heard     "Good morning."   "How may I"            (a word counts when its last sample was sent)
```
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aywa.turn.alignment import word_ends
from aywa.turn.events import WordAt
from aywa.turn.joining import joined
from aywa.turn.spoken import Spoken

SAMPLES_PER_MS = 8
# English at 160 words a minute is about 15 characters a second; only used until a phrase's length is known.
_SAMPLES_PER_CHARACTER = 533


@dataclass(slots=True)
class SpokenPhrase:
    """A phrase on its way to the caller."""

    turn: int
    phrase: int
    words_for: Spoken  # the model's words and what is said for them
    start: int | None = None  # `played` position of its first sample
    samples: int = 0
    whole: bool = False
    words: list[WordAt] = field(default_factory=list)
    levels: bytearray = field(default_factory=bytearray)  # of its audio, see `word_ends`

    @property
    def text(self) -> str:
        """The model's own words: all that is told of what was heard."""
        return self.words_for.text

    def end(self) -> int | None:
        """The position after its last sample written so far."""
        return None if self.start is None else self.start + self.samples

    def heard(self, played: int) -> str:
        """The words whose last sample lies before `played`."""
        if self.start is None or played <= self.start or not self.samples:
            return ""
        offset = played - self.start
        if self.whole and offset >= self.samples:
            return self.text
        heard_to = 0
        said = word_ends(self.words_for.spoken, bytes(self.levels), self._length(), self.words)
        for text_end, sample_end in self.words_for.original(said):
            if sample_end > offset:
                break
            heard_to = text_end
        return self.text[:heard_to]

    def _length(self) -> int:
        """Its length in samples; estimated, and never less than was written, while it is being made."""
        if self.whole:
            return self.samples
        return max(self.samples, len(self.words_for.spoken) * _SAMPLES_PER_CHARACTER)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller heard of a turn. `start_sample` and `end_sample` are on the leg's timeline."""

    text: str
    complete: bool
    start_sample: int | None
    end_sample: int | None


class HeardLedger:
    """Follows what was written and what was played, over all turns of a call."""

    def __init__(self) -> None:
        self.played = 0
        self.timeline = 0
        self._written = 0  # the `played` position that the next sample written will have
        self._phrases: dict[int, list[SpokenPhrase]] = {}
        self._anchors: list[tuple[int, int]] = [(0, 0)]

    @property
    def unplayed(self) -> int:
        """Samples written and not yet played."""
        return max(0, self._written - self.played)

    def phrase(self, turn: int, phrase: int, text: str | Spoken) -> None:
        """A phrase will be spoken: as it is written, or in the wording for the ear."""
        spoken = Spoken.as_written(text) if isinstance(text, str) else text
        self._phrases.setdefault(turn, []).append(SpokenPhrase(turn, phrase, spoken))

    def wrote(
        self, turn: int, phrase: int, samples: int, words: tuple[WordAt, ...] = (), levels: bytes = b""
    ) -> None:
        """`samples` of a phrase went into the ring, behind everything written before; see `AudioWritten`."""
        entry = self._find(turn, phrase)
        if entry is None:
            return
        if entry.start is None:
            entry.start = max(self._written, self.played)
            self._written = entry.start
        entry.samples += samples
        entry.words.extend(words)
        entry.levels += levels
        self._written += samples

    def wrote_whole(self, turn: int, phrase: int) -> None:
        """The phrase is in the ring whole."""
        if (entry := self._find(turn, phrase)) is not None:
            entry.whole = True
            if entry.start is None:  # a phrase without a sample, which is played as soon as it is reached
                entry.start = self._written = max(self._written, self.played)

    def played_to(self, played: int, timeline: int) -> None:
        """The engine has sent `played` samples, the last at `timeline`. Older news are ignored."""
        if played < self.played or timeline < self.timeline:
            return
        if played > self.played:
            self._anchors.append((played, timeline))
        self.played, self.timeline = played, timeline

    def flushed(self) -> None:
        """What was written and not played will never be: new audio follows what was played."""
        self._written = self.played

    def assume_played(self) -> None:
        """Marks were lost: what was written has been played by now."""
        if self._written > self.played:
            lag = self._written - self.played
            self.played_to(self._written, self.timeline + lag)

    def begun(self, turn: int) -> bool:
        """Whether a sample of this turn has been played."""
        return any(
            entry.start is not None and self.played > entry.start for entry in self._phrases.get(turn, ())
        )

    def finished(self, turn: int) -> bool:
        """Whether everything written of this turn has been played."""
        return all(
            entry.whole and (end := entry.end()) is not None and self.played >= end
            for entry in self._phrases.get(turn, ())
        )

    def so_far(self, turn: int) -> tuple[str, str]:
        """What was heard of a turn that is not settled, and all that is to be heard of it up to now."""
        phrases = self._phrases.get(turn, ())
        heard = joined(entry.heard(self.played) for entry in phrases)
        return heard, joined(entry.text for entry in phrases)

    def playing(self, turn: int) -> str:
        """The phrase of a turn that is being played, or is played next; "" when all were."""
        for entry in self._phrases.get(turn, ()):
            end = entry.end()
            if not entry.whole or end is None or self.played < end:
                return entry.text
        return ""

    def settle(self, turn: int) -> Heard:
        """Close a turn: what was heard of it. The ledger forgets it."""
        phrases = self._phrases.pop(turn, [])
        texts = [entry.heard(self.played) for entry in phrases]
        complete = all(
            text == entry.text or (entry.whole and not entry.samples)
            for text, entry in zip(texts, phrases, strict=True)
        )
        begun = [entry for entry in phrases if entry.start is not None and self.played > entry.start]
        if not begun:
            return Heard("", complete, None, None)
        first, last = begun[0], begun[-1]
        assert first.start is not None
        assert last.start is not None
        # The first sample lies before the next anchor, not behind the one of what was played before it.
        start = self._timeline_at(first.start + 1) - 1
        end = self._timeline_at(min(self.played, last.start + last.samples))
        self._forget()
        return Heard(joined(texts), complete, start, end)

    def _find(self, turn: int, phrase: int) -> SpokenPhrase | None:
        return next((entry for entry in self._phrases.get(turn, ()) if entry.phrase == phrase), None)

    def _timeline_at(self, played: int) -> int:
        """The timeline sample at which this position was played: back from the next anchor at or after it."""
        for anchor_played, anchor_timeline in self._anchors:
            if anchor_played >= played and anchor_played > 0:
                return max(0, anchor_timeline - (anchor_played - played))
        return self.timeline

    def _forget(self) -> None:
        """Keep the last anchor only: nothing older will be asked for."""
        if not self._phrases:
            self._anchors = self._anchors[-1:]
