"""The tones of answering machines, fax machines and networks, as they are specified."""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

RATE = 8000
_FULL = 22656.0  # amplitude of 0 dBm0
Pcm = NDArray[np.float64]
# Ringing and busy tones: Hz, and seconds on and off, of North America, most of Europe, Great Britain, France.
_RINGING: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((440, 480), (2.0, 4.0)),
    ((425,), (1.0, 4.0)),
    ((400, 450), (0.4, 0.2, 0.4, 2.0)),
    ((440,), (1.5, 3.5)),
)
_BUSY: tuple[tuple[tuple[float, ...], float], ...] = (((480, 620), 0.5), ((425,), 0.48), ((400,), 0.375))


def tone(hz: tuple[float, ...], seconds: float, level_dbm0: float, drift_hz: float = 0.0) -> Pcm:
    """Sines of the same level, together at this level; `drift_hz`: by how much they rise until the end."""
    count = int(seconds * RATE)
    t = np.arange(count) / RATE
    phase = [2 * np.pi * (each * t + drift_hz * t * t / (2 * seconds)) for each in hz]
    amplitude = _FULL * 10 ** (level_dbm0 / 20) / np.sqrt(len(hz))
    pcm = amplitude * np.sum([np.sin(each) for each in phase], axis=0)
    edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 24)
    return np.asarray(pcm * edge, dtype=np.float64)


def beep(rng: Random) -> Pcm:
    """A machine's: 400 to 2000 Hz for 0.12 to 2 s, drifting or of two tones now and then."""
    hz: tuple[float, ...] = (rng.uniform(400, 2000),)
    low = hz[0] < 500
    seconds = rng.choice((rng.uniform(0.2 if low else 0.12, 0.5), rng.uniform(0.4, 2.0)))
    drift = rng.uniform(-60, 60) * seconds if rng.random() < 0.2 else 0.0
    if rng.random() < 0.2:
        hz = (rng.uniform(600, 1000), rng.uniform(1150, 2000))
    return tone(hz, seconds, rng.uniform(-24, -6), drift)


def _pattern(hz: tuple[float, ...], times: tuple[float, ...]) -> Pcm:
    parts = [
        np.zeros(int(seconds * RATE)) if index % 2 else tone(hz, seconds, -16.0)
        for index, seconds in enumerate(times)
    ]
    return np.concatenate(parts)


def ringing(rng: Random, country: int | None = None) -> Pcm:
    """One ring and its pause, of some country."""
    chosen = rng.randrange(len(_RINGING)) if country is None else country % len(_RINGING)
    return _pattern(*_RINGING[chosen])


def busy(rng: Random) -> Pcm:
    """An engaged line for 20 s."""
    hz, seconds = rng.choice(_BUSY)
    return _pattern(hz, (seconds, seconds) * int(10 / seconds))


def fax(rng: Random) -> Pcm:
    """CED (ITU-T T.30) or, with its phase turned every 450 ms, ANSam (V.8); the preamble of V.21 follows."""
    seconds = rng.uniform(2.6, 4.0)
    answer = tone((2100,), seconds, rng.uniform(-18, -8))
    if rng.random() < 0.5:
        t = np.arange(len(answer)) / RATE
        answer *= np.where((t // 0.45) % 2, -1.0, 1.0) * (1 + 0.2 * np.sin(2 * np.pi * 15 * t))
    bits = np.repeat([rng.choice((1650.0, 1850.0)) for _ in range(300)], RATE // 300)
    preamble = 4000 * np.sin(2 * np.pi * np.cumsum(bits) / RATE)
    return np.concatenate([answer, np.zeros(600), preamble, np.zeros(3 * RATE), preamble])


def calling_fax() -> Pcm:
    """CNG (ITU-T T.30): 1100 Hz for half a second of every 3.5 s."""
    return np.concatenate([_pattern((1100,), (0.5, 3.0)) for _ in range(8)])


def information() -> Pcm:
    """Special information tones (ITU-T E.180): three in a row."""
    return np.concatenate([tone((hz,), 0.33, -18.0) for hz in (950.0, 1400.0, 1800.0)])
