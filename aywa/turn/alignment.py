"""Where the words of a phrase lie in its audio, when the synthesizer does not say.

Speaking time is shared among the words by what there is to say of each, but only the time in which something
sounds: a pause belongs to no word. A pause of the audio is laid between two words, the nearer the shared time
comes to it and the likelier the text pauses there.

```
  text     "Please hold on,   I will look it up."
  level     ▆▅▇▃▆▇▅▆▂▇▅▆▁▁▁▁▁▁▅▇▂▆▇▅▆▇▃▆▅▇▂▆▅
                        └pause┘ lies between "on," and "I"
```
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from aywa.turn.events import WordAt

FRAME_SAMPLES = 80  # of 8 kHz: a level stands for 10 ms
_UNDER_LOUDEST_DB = 32  # quieter than that below the loudest frame is a pause, not speech
_SILENCE_DB = 20  # -70 dBFS
_PAUSE_FRAMES = 5  # the silence inside a word, before a p, t or k, is mostly shorter
_WORD = re.compile(r"\S+")
_VOWELS = re.compile(r"[aeiouyàâäáãåæéèêëíìîïóòôöõøúùûüýаеёиоуыэюя]+")
_ENDS_SENTENCE, _ENDS_CLAUSE = frozenset(".!?…。！？"), frozenset(",;:–—)、，")
# What a letter takes is 1. Fitted to the word positions of espeak-ng in four languages and to recordings.
_PER_SYLLABLE, _PER_DIGIT, _PER_STOP = 0.7, 4.0, 2.0
# In frames that a pause may lie off the shared time, for one of a quarter of a second or more.
_INSIDE_WORD = 60.0
_BONUS = {2: 80.0, 1: 50.0, 0: 0.0}  # where a sentence ends, where a clause does, and elsewhere
_LONG_FRAMES = 25
_NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Span:
    """A word of the text (`start`, `end` in characters), and what there is to say of it."""

    start: int
    end: int
    weight: float
    stop: int  # 2: a sentence ends with it, 1: a clause, 0: nothing


@dataclass(frozen=True, slots=True)
class _Pause:
    """Frames [start, end) of silence; `voiced` frames of sound come before it."""

    start: int
    end: int
    voiced: int

    @property
    def weight(self) -> float:
        """How much it matters where it lies: by its length, up to a quarter of a second."""
        return min(self.end - self.start, _LONG_FRAMES) / _LONG_FRAMES


def words_of(text: str) -> list[Span]:
    """The words of `text`, as white space divides it."""
    words = [(match.span(), match.group()) for match in _WORD.finditer(text)]
    return [Span(start, end, _weight(word), _stop(word)) for (start, end), word in words]


def word_ends(text: str, levels: bytes, length: int, marks: Sequence[WordAt] = ()) -> list[tuple[int, int]]:
    """For each word where it ends, in the text and in the audio (samples of 8 kHz); both ascend.

    `levels`: of each 10 ms the level in dB over one unit of amplitude (0 to 90), as far as there is audio;
    `length`: how many samples the whole phrase has, or is believed to have. `marks`: what the synthesizer
    says of it. It is believed word by word, where its word is the text's: a synthesizer that reads "$5" as
    two words is right about the others.
    """
    words = words_of(text)
    ends: list[int] = []
    starts = [(0, 0), *_believed(text, words, marks, length)]
    for index, (word, at) in enumerate(starts):
        last, until = (len(words), length) if index + 1 == len(starts) else starts[index + 1]
        audible = levels[at // FRAME_SAMPLES : -(-until // FRAME_SAMPLES)]
        ends += [at + end for end in _share(words[word:last], audible, until - at)]
    return list(zip((word.end for word in words), ends, strict=True))


def _believed(
    text: str, words: Sequence[Span], marks: Sequence[WordAt], length: int
) -> list[tuple[int, int]]:
    """Per word that a mark names, without the first: its index and where it begins; both ascend."""
    said = [_bare(text[word.start : word.end]) for word in words]
    marked = [_bare(mark.word) for mark in marks]
    found: list[tuple[int, int]] = []
    at = 0
    for block in SequenceMatcher(None, said, marked, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            word, sample = block.a + offset, marks[block.b + offset].at_sample
            if word and at <= sample <= length:
                found.append((word, sample))
                at = sample
    return found


def _bare(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum())


def _share(words: Sequence[Span], levels: bytes, length: int) -> list[int]:
    """For each word where it ends in these samples."""
    if not words:
        return []
    frames = -(-length // FRAME_SAMPLES)
    known = min(len(levels), frames)
    if frames - known == 1 and known:
        frames = known  # the last frame is not full
    floor = max(max(levels[:known], default=0) - _UNDER_LOUDEST_DB, _SILENCE_DB)
    voiced = [index >= known or levels[index] > floor for index in range(frames)]
    total = sum(voiced)
    if not total:
        return [length] * len(words)
    weights = [word.weight for word in words]
    scale = total / sum(weights)
    shared = [sofar * scale for sofar in accumulate(weights)]
    return _place(_lay(_pauses(voiced), words, shared), weights, voiced, length)


def _weight(word: str) -> float:
    letters = sum(c.isalpha() for c in word)
    digits = sum(c.isdigit() for c in word)
    syllables = len(_VOWELS.findall(word.lower())) or (1 if letters else 0)
    weight = letters + _PER_SYLLABLE * syllables + _PER_DIGIT * digits + (_PER_STOP if _stop(word) else 0.0)
    return max(weight, 1.0)


def _stop(word: str) -> int:
    bare = word.rstrip("\"'»”’")
    return 2 if bare[-1:] in _ENDS_SENTENCE else 1 if bare[-1:] in _ENDS_CLAUSE else 0


def _pauses(voiced: Sequence[bool]) -> list[_Pause]:
    """The pauses inside the phrase: what is silent before the first and after the last sound is none."""
    pauses: list[_Pause] = []
    start, before = None, 0
    for index, sounds in enumerate(voiced):
        if sounds:
            if start is not None and before and index - start >= _PAUSE_FRAMES:
                pauses.append(_Pause(start, index, before))
            start, before = None, before + 1
        elif start is None:
            start = index
    return pauses


def _lay(
    pauses: Sequence[_Pause], words: Sequence[Span], shared: Sequence[float]
) -> list[tuple[int, _Pause]]:
    """The word that each pause follows, at the least price; pauses inside a word are left out.

    Dynamic programming over pauses and gaps, both in order: a few hundred steps for a long phrase.
    """
    gaps = len(words) - 1
    best = [0.0] + [_NEVER] * gaps  # by the first gap that is still free
    steps: list[list[tuple[int, int | None]]] = []  # per pause and gap: the gap free before, the gap taken
    for pause in pauses:
        inside = _INSIDE_WORD * pause.weight
        after = [price + inside for price in best]
        step: list[tuple[int, int | None]] = [(free, None) for free in range(gaps + 1)]
        cheapest = 0
        for gap in range(gaps):
            cheapest = gap if best[gap] < best[cheapest] else cheapest
            missed = abs(shared[gap] - pause.voiced) - _BONUS[words[gap].stop] * pause.weight
            if best[cheapest] + missed < after[gap + 1]:
                after[gap + 1], step[gap + 1] = best[cheapest] + missed, (cheapest, gap)
        best = after
        steps.append(step)
    free = min(range(gaps + 1), key=best.__getitem__)
    laid: list[tuple[int, _Pause]] = []
    for pause, step in zip(reversed(pauses), reversed(steps), strict=True):
        free, gap_taken = step[free]
        if gap_taken is not None:
            laid.append((gap_taken, pause))
    return laid[::-1]


def _place(
    laid: Sequence[tuple[int, _Pause]], weights: Sequence[float], voiced: Sequence[bool], length: int
) -> list[int]:
    """Share the sounding frames between one pause laid and the next among the words between them."""
    frame_of = [index for index, sounds in enumerate(voiced) if sounds]
    ends: list[int] = []
    first, before = 0, 0
    for last, upto in [(gap, pause.voiced) for gap, pause in laid] + [(len(weights) - 1, len(frame_of))]:
        stretch = weights[first : last + 1]
        scale, so_far = (upto - before) / sum(stretch), 0.0
        for weight in stretch:
            so_far += weight * scale
            frame = before + min(max(math.ceil(so_far - 1e-6), 1), upto - before)
            ends.append(min((frame_of[frame - 1] + 1) * FRAME_SAMPLES, length))
        first, before = last + 1, upto
    return ends
