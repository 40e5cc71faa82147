"""Speech that can be counted: each word is a tone of its own pitch, as long as it has letters. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

LETTER_S = 0.05
PAUSE_S = 0.05  # behind each word
AMPLITUDE = 8000
_EDGE_S = 0.005


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and the sample at which it begins."""

    word: str
    start: int
    samples: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """`pcm`: S16LE mono at the rate that was asked for."""

    pcm: bytes
    words: tuple[SpokenWord, ...]


def pitch_hz(word: str) -> float:
    """300 to 1,500 Hz, the same for a word wherever it stands."""
    return 300.0 + zlib.crc32(word.casefold().strip(".,;:!?").encode()) % 1200


def speak(text: str, rate_hz: int = 8000) -> Spoken:
    """The words of a text, one after the other. The same text and rate are the same bytes."""
    at, words, parts = 0, list[SpokenWord](), list[bytes]()
    for word in text.split():
        tone = _tone(word, rate_hz)
        words.append(SpokenWord(word, at, len(tone) // 2))
        parts.append(tone)
        at += len(tone) // 2
    return Spoken(b"".join(parts), tuple(words))


def ulaw(pcm: bytes) -> bytes:
    """Mu-law code words (ITU-T G.711) of S16LE, for vendors that are asked for them."""
    samples = np.frombuffer(pcm, "<i2").astype(np.int32)
    sign = np.where(samples < 0, 0x80, 0)
    size = np.minimum((np.where(samples < 0, ~samples, samples) >> 2) + 33, 0x1FFF)
    segment = np.floor(np.log2(size)).astype(np.int32) - 5
    step = (size >> (segment + 1)) & 0x0F
    return bytes((~(sign | (segment << 4) | step) & 0xFF).astype(np.uint8).tobytes())


@lru_cache(4096)
def _tone(word: str, rate_hz: int) -> bytes:
    count = round(rate_hz * LETTER_S * max(1, len(word)))
    phase = 2 * np.pi * pitch_hz(word) / rate_hz
    wave = AMPLITUDE * np.sin(phase * np.arange(count)) * _envelope(count, rate_hz)
    pause = np.zeros(round(rate_hz * PAUSE_S))
    return bytes(np.concatenate((wave, pause)).astype("<i2").tobytes())


def _envelope(count: int, rate_hz: int) -> npt.NDArray[np.float64]:
    """No clicks at either end."""
    edge = min(round(rate_hz * _EDGE_S), count // 2)
    shape = np.ones(count)
    shape[:edge] = np.arange(edge) / edge
    shape[count - edge :] = shape[:edge][::-1]
    return shape
