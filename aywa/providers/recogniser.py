"""One utterance through pocketsphinx, streamed, and a store of decoders ready for a grammar.

Runs in the recogniser process only. A decoder with the few words of a grammar takes 7 ms and 2 MB (the
acoustic model's pages are shared), so each utterance has a decoder of its own and nothing waits in line.
"""

from __future__ import annotations

import math
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pocketsphinx

from aywa.providers.grammar import (
    PronouncingDictionary,
    background_for,
    dictionary_text,
    jsgf,
    usable_phrases,
)
from aywa.providers.phone_band import PhoneBand, gain_for

if TYPE_CHECKING:
    from typing import Any

# Mean cepstrum of telephone speech through PhoneBand at the target level, over the 231 short prompts of
# asterisk-core-sounds-en. A mean taken over each word recognises 72 % of them, this constant 77 %.
_CHANNEL_MEAN = "47.03,3.04,1.47,5.18,-2.42,-8.25,4.14,-6.06,4.70,-0.42,-5.25,2.72,-2.70"
_IDLE_DECODERS = 48  # of all grammars together, about 100 MB at most

# The mean holds for one level. A caller's first utterance comes at an unknown one: 5 of 128 recorded words
# are wrong as streamed and none when heard again at the level that the whole utterance turned out to have.
_LEVEL_TOLERANCE_DB = 2.0

# Log-likelihood per frame below the best senone's: 0 is perfect, 98 of 100 expected words are above -4.2.
ACCEPT_PER_FRAME = -4.4


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What was understood: `text` (empty when nothing was), `confidence` 0 to 1, and the caller's level."""

    text: str
    confidence: float
    level_db: float


class DecoderStore:
    """Decoders by grammar, most recently used kept."""

    def __init__(self, dictionary: PronouncingDictionary) -> None:
        self.dictionary = dictionary
        self._model = Path(pocketsphinx.get_model_path("en-us")) / "en-us"
        self._idle: OrderedDict[tuple[str, ...], list[Any]] = OrderedDict()

    def take(self, phrases: tuple[str, ...]) -> Any:
        """A decoder for exactly these phrases, which must be usable."""
        ready = self._idle.get(phrases)
        return ready.pop() if ready else self._make(phrases)

    def put_back(self, phrases: tuple[str, ...], decoder: Any) -> None:
        """Return a decoder whose utterance is over."""
        self._idle.setdefault(phrases, []).append(decoder)
        self._idle.move_to_end(phrases)
        while sum(map(len, self._idle.values())) > _IDLE_DECODERS:
            oldest = next(iter(self._idle))
            self._idle[oldest].pop()
            if not self._idle[oldest]:
                del self._idle[oldest]

    def _make(self, phrases: tuple[str, ...]) -> Any:
        background = background_for(phrases, self.dictionary)
        with tempfile.NamedTemporaryFile("w", suffix=".dict") as file:
            file.write(dictionary_text((*phrases, *background), self.dictionary))
            file.flush()
            decoder = pocketsphinx.Decoder(
                hmm=str(self._model), dict=file.name, lm=None, loglevel="FATAL", bestpath=False
            )
        decoder.add_jsgf_string("phrases", jsgf(phrases, background))
        decoder.activate_search("phrases")
        return decoder


class Utterance:
    """One utterance being recognised: `feed` while it is spoken, then `finish` or `abandon`, once."""

    def __init__(self, store: DecoderStore, phrases: Iterable[str], gain: float) -> None:
        self._store = store
        self._given = usable_phrases(phrases, store.dictionary)
        self._key = tuple(sorted(self._given))
        self._gain = gain
        self._band = PhoneBand(gain)
        self._heard = bytearray()
        self._decoder: Any = None
        if self._key:
            self._decoder = store.take(self._key)
            self._decoder.set_cmn(_CHANNEL_MEAN)
            self._decoder.start_utt()

    def feed(self, pcm: bytes) -> None:
        """16 kHz S16LE, any length."""
        filled = self._band.process(pcm)
        if self._decoder is not None and filled:
            self._heard += pcm
            self._decoder.process_raw(filled)

    def partial(self) -> str:
        """The phrase heard so far, or nothing."""
        found = self._decoder.hyp() if self._decoder is not None else None
        return self._given.get(found.hypstr, "") if found is not None else ""

    def finish(self) -> Hypothesis:
        """The result."""
        level = self._band.level_db()
        if self._decoder is None:
            return Hypothesis("", 0.0, level)
        self._decoder.end_utt()
        if abs(20.0 * math.log10(gain_for(level) / self._gain)) > _LEVEL_TOLERANCE_DB:
            self._hear_again(gain_for(level))
        found = self._decoder.hyp()
        text = self._given.get(found.hypstr, "") if found is not None else ""
        score = self._score_per_frame() if text else -math.inf
        self._release()
        if score < ACCEPT_PER_FRAME:
            text = ""
        return Hypothesis(text, confidence_of(score) if text else 0.0, level)

    def abandon(self) -> None:
        """Forget it."""
        if self._decoder is not None:
            self._decoder.end_utt()
            self._release()

    def _hear_again(self, gain: float) -> None:
        """Decode everything once more at its true level: 30 ms per second of speech."""
        self._decoder.set_cmn(_CHANNEL_MEAN)
        self._decoder.start_utt()
        filled = PhoneBand(gain).process(bytes(self._heard))
        if filled:  # nothing at all was heard, or less than the filter holds back
            self._decoder.process_raw(filled)
        self._decoder.end_utt()

    def _release(self) -> None:
        self._store.put_back(self._key, self._decoder)
        self._decoder = None

    def _score_per_frame(self) -> float:
        """Acoustic log-likelihood of the words per 10 ms frame, relative to the best senone of each frame.

        The binding gives a segment's score as a probability whose logarithm is a thousandth of the true one.
        """
        total, frames = 0.0, 0
        for segment in self._decoder.seg() or ():
            if segment.word[0] in "<[(":
                continue
            total += 1000.0 * math.log(max(segment.ascore, 1e-300))
            frames += segment.end_frame - segment.start_frame + 1
        return total / frames if frames else -math.inf


def confidence_of(score_per_frame: float) -> float:
    """The score on 0 to 1: 0 at the limit of acceptance, 1 at a perfect match."""
    return (
        min(max(1.0 - score_per_frame / ACCEPT_PER_FRAME, 0.0), 1.0)
        if math.isfinite(score_per_frame)
        else 0.0
    )
