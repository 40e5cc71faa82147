"""The sound of an office, made here: room, air conditioning, distant voices that say nothing, keys, a chair.

Nothing is recorded and nothing repeats within half a minute. It loops without a seam, because everything in
it is laid around a circle.
"""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

from aywa.media.clip import RATES_HZ, Clip

SECONDS = 30
LEVEL = 0.0075  # RMS of full scale, -42.5 dBFS: heard in a pause, lost under speech
_VOICES = 5
_KEYS_A_SECOND = 2.5
_KNOCKS = 6
_RATE_HZ = max(RATES_HZ)
_Samples = NDArray[np.float64]


def office(rng: Random) -> Clip:
    """Half a minute, at both rates. Takes half a second of computing."""
    count = SECONDS * _RATE_HZ
    sound = 0.55 * _room(count, rng)
    for _ in range(_VOICES):
        sound += 0.3 * _murmur(count, rng)
    for _ in range(int(SECONDS * _KEYS_A_SECOND)):
        _strike(sound, rng, seconds=0.012, hz=rng.uniform(1800, 3200), loud=rng.uniform(0.3, 0.9))
    for _ in range(_KNOCKS):
        _strike(sound, rng, seconds=0.09, hz=rng.uniform(140, 420), loud=rng.uniform(0.6, 1.4))
    spectrum = np.fft.rfft(sound)
    made = {}
    for rate in RATES_HZ:
        # A circle's spectrum cut at half the lower rate is the same circle, sampled less often.
        samples = SECONDS * rate
        kept = spectrum[: samples // 2 + 1].copy()
        kept[-1] = 0
        lower = np.fft.irfft(kept, samples) * (samples / count)
        lower *= LEVEL / np.sqrt(np.mean(lower**2))
        made[rate] = np.round(np.clip(lower, -1, 1) * 32767).astype("<i2").tobytes()
    return Clip("office", made)


def _noise(count: int, rng: Random) -> _Samples:
    noise: _Samples = np.random.default_rng(rng.getrandbits(64)).standard_normal(count)
    return noise


def _shaped(count: int, rng: Random, gains: _Samples) -> _Samples:
    """Noise whose spectrum has these gains, of unit level, around the circle."""
    noise = np.fft.irfft(np.fft.rfft(_noise(count, rng)) * gains, count)
    shaped: _Samples = noise / np.sqrt(np.mean(noise**2))
    return shaped


def _frequencies(count: int) -> _Samples:
    hz: _Samples = np.fft.rfftfreq(count, 1 / _RATE_HZ).astype(np.float64)
    return hz


def _room(count: int, rng: Random) -> _Samples:
    """Air and machines: falling with frequency, nothing below what a telephone carries."""
    hz = _frequencies(count)
    gains = np.where(hz > 90, 1 / np.maximum(hz, 90) ** 0.8, 0) * np.exp(-((hz / 3400) ** 4))
    return _shaped(count, rng, gains)


def _murmur(count: int, rng: Random) -> _Samples:
    """A far voice: the spectrum of speech without a word in it, in the rhythm of syllables and sentences."""
    hz = _frequencies(count)
    centre, width = rng.uniform(350, 650), rng.uniform(250, 400)
    gains = np.exp(-(((hz - centre) / width) ** 2)) + 0.25 * np.exp(-(((hz - 3 * centre) / 500) ** 2))
    voice = _shaped(count, rng, gains)
    syllables = _shaped(count, rng, np.exp(-(((hz - 4.5) / 1.5) ** 2)) * (hz > 0))
    talking = _shaped(count, rng, np.exp(-((hz / 0.25) ** 2)) * (hz > 0))
    murmur: _Samples = voice * np.maximum(0, 0.6 + 0.5 * syllables) * np.clip(talking + 0.4, 0, 1.5)
    return murmur


def _strike(sound: _Samples, rng: Random, *, seconds: float, hz: float, loud: float) -> None:
    """A key or a knock, somewhere on the circle."""
    length = int(6 * seconds * _RATE_HZ)
    at = np.arange(length) / _RATE_HZ
    burst = np.exp(-at / seconds) * (0.6 * np.sin(2 * np.pi * hz * at) + 0.4 * _noise(length, rng))
    start = rng.randrange(len(sound))
    sound[np.arange(start, start + length) % len(sound)] += loud * burst * np.minimum(1, at * 2000)
