"""What callers' lines carry beside words: acknowledgements, coughs, tones and the babble of others.

Acknowledgements are spoken by espeak-ng, by their sound and in one voice; coughs, tones and babble
are made here. All are 8 kHz, at `LEVEL` unless said otherwise.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from random import Random

import numpy as np

from aywa.providers.espeak import EspeakEngine
from bench.answering_tones import tone
from bench.turns.recordings import LEVEL, RATE, Pcm, Recording, place_words, sentences, trimmed, words_of


class Kind(Enum):
    """What a sound is."""

    BACKCHANNEL = "backchannel"
    COUGH = "cough"
    TONE = "tone"
    BABBLE = "babble"
    ECHO = "echo"


ACKNOWLEDGED = {
    "en": ("uh-huh", "mhm", "mm-hmm"),
    "es": ("ajá", "mhm", "uh-huh"),
    "fr": ("mhm", "hum hum", "uh-huh"),
    "it": ("mhm", "uh-huh", "mm-hmm"),
    "ru": ("угу", "ага", "мгм"),
}
_SPOKEN_AS = {
    "mhm": "mm hmm", "mm-hmm": "mm hmm", "uh-huh": "uh huh", "hum hum": "mm mm",
    "ajá": "aha", "угу": "oo goo", "ага": "ah gah", "мгм": "mm hmm",
}  # fmt: skip


@cache
def _engine() -> EspeakEngine:
    return EspeakEngine()


@cache
def acknowledgement(language: str, text: str) -> Recording:
    """One of `ACKNOWLEDGED`, with its words' places."""
    pieces: list[bytes] = []

    def take(pcm: bytes, _words: object) -> bool:
        pieces.append(pcm)
        return True

    engine = _engine()
    engine.speak(_SPOKEN_AS.get(text, text), take)
    wide = np.frombuffer(b"".join(pieces), "<i2").astype(np.float64)
    count = int(len(wide) * RATE / engine.rate_hz)
    smooth = np.convolve(wide, np.ones(3) / 3, "same")
    pcm = trimmed(np.interp(np.arange(count) * engine.rate_hz / RATE, np.arange(len(wide)), smooth))
    assert pcm is not None, "an acknowledgement is heard"
    return Recording(language, f"espeak/{text}", text, pcm, place_words(pcm, words_of(text) or [text]))


def cough(rng: Random) -> Pcm:
    """One to three bursts of throat noise: a sharp begin, a hoarse middle, 150 to 350 ms each."""
    draw = np.random.default_rng(rng.getrandbits(32))
    bursts = []
    for _ in range(rng.choice((1, 2, 2, 3))):
        count = int(rng.uniform(0.15, 0.35) * RATE)
        noise = draw.normal(0, 1, count)
        throat_hz = rng.uniform(450, 1100)
        ring = np.exp(-np.arange(64) / 9.0) * np.cos(2 * np.pi * throat_hz * np.arange(64) / RATE)
        hoarse = np.convolve(noise, ring, "same")
        flutter = 1 + 0.5 * np.sin(2 * np.pi * rng.uniform(25, 60) * np.arange(count) / RATE)
        shape = np.minimum(1, np.arange(count) / 60) * np.exp(-np.arange(count) / (0.35 * count))
        bursts += [hoarse * flutter * shape, np.zeros(int(rng.uniform(0.06, 0.2) * RATE))]
    pcm = np.concatenate(bursts[:-1])
    return np.asarray(np.clip(pcm * rng.uniform(0.6, 1.3) * LEVEL / np.sqrt((pcm**2).mean()), -32000, 32000))


def beeping(rng: Random) -> Pcm:
    """A device in the room or on the line: one to three tones."""
    pieces = []
    hz = rng.uniform(400, 2000)
    for _ in range(rng.choice((1, 2, 3))):
        pieces += [tone((hz,), rng.uniform(0.12, 0.4), rng.uniform(-22, -10)), np.zeros(int(0.1 * RATE))]
    return np.concatenate(pieces[:-1])


def babble(rng: Random, languages: tuple[str, ...]) -> Pcm:
    """Others in the room: three voices at once through a wall, 0.7 to 1.5 s, 6 to 14 dB below the caller."""
    count = int(rng.uniform(0.7, 1.5) * RATE)
    mixed = np.zeros(count)
    for _ in range(3):
        pcm = rng.choice(sentences(rng.choice(languages))).pcm
        start = rng.randrange(max(1, len(pcm) - count))
        part = pcm[start : start + count]
        mixed[: len(part)] += part
    mixed = np.convolve(mixed, np.exp(-np.arange(12) / 3.0), "same")
    edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 400)
    level = LEVEL * 10 ** (-rng.uniform(6, 14) / 20)
    return np.asarray(mixed * edge * level / np.sqrt((mixed**2).mean()))
