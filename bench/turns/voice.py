"""The assistant's voice: recorded words put together, whose every place can be told from the waveform.

Each text is said once in its own way: the words' levels and pauses and a noise of -59 dBFS below all of it
are drawn from the dialogue and the text. A few milliseconds of the mu-law that is received are therefore
found in one place only, even between two words.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aywa._native.g711 import encode_ulaw
from bench.turns.recordings import RATE, Spoken, single_words, words_of

_NOISE = 64
_LOUDEST = 0.9
_GAP_S = (0.04, 0.08)
_STOP_S = (0.18, 0.25)  # after a full stop or a comma


@dataclass(frozen=True, slots=True)
class Speech:
    """A text as it is said: S16LE of 8 kHz, the same in mu-law, and its words."""

    text: str
    pcm: bytes
    codes: bytes
    words: tuple[Spoken, ...]


def drawn(*parts: object) -> np.random.Generator:
    """Randomness that depends on nothing but these parts."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


@lru_cache(maxsize=4096)
def say(language: str, dialogue: str, text: str) -> Speech:
    """Speak a text; a word that was not recorded is said by another one."""
    known = single_words(language)
    names = sorted(known)
    rng = drawn(dialogue, text)
    pieces, spoken, length = [], [], 0
    for piece in text.split():
        for word in words_of(piece):
            recording = known.get(word) or known[names[int(drawn(word).integers(len(names)))]]
            pcm = recording.pcm * rng.uniform(0.5, _LOUDEST)
            spoken.append(Spoken(word, length, length + len(pcm)))
            pause = rng.uniform(*(_STOP_S if piece[-1] in ".,!?;:" else _GAP_S))
            pieces += [pcm, np.zeros(int(pause * RATE))]
            length += len(pieces[-1]) + len(pcm)
    audio = np.concatenate(pieces) if pieces else np.zeros(0)
    audio = np.clip(audio + rng.uniform(-_NOISE, _NOISE, len(audio)), -32000, 32000)
    pcm_bytes = audio.astype("<i2").tobytes()
    return Speech(text, pcm_bytes, encode_ulaw(pcm_bytes), tuple(spoken))


def answer_text(language: str, dialogue: str, number: int, count: int) -> str:
    """The text of a dialogue's answer of this number: `count` words in sentences of about four."""
    rng = drawn(dialogue, "answer", number)
    words = [str(word) for word in rng.permutation(sorted(single_words(language)))[:count]]
    out = []
    for at, word in enumerate(words):
        last = at == len(words) - 1
        stop = "." if last or (at % 5 == 4 and len(words) - at > 2) else "," if at % 5 == 2 else ""
        out.append((word.capitalize() if at % 5 == 0 else word) + stop)
    return " ".join(out)
