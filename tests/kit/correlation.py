"""Whether two recordings hold the same sound, wherever it is in them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]
RATE_HZ = 8000
_WINDOW_S = 2.0
_PIECE_S = 0.5
_SPOKEN = 0.3  # of the whole's level: a piece below it is a pause


@dataclass(frozen=True, slots=True)
class Match:
    """Normalised cross-correlation, 1.0 is identical, and how much later in the other recording it is."""

    likeness: float
    later_s: float


def load(path: Path, *, channel: int = 1) -> Samples:
    """One channel (from 1) of a WAV of any rate at 8 kHz, without what telephones do not carry."""
    return _sox(str(path), "remix", str(channel))


def band_limited(pcm: bytes, rate_hz: int) -> Samples:
    """The same of S16LE mono."""
    return _sox(*("-t", "s16", "-r", str(rate_hz), "-c", "1"), "-", given=pcm)


def _sox(*source: str, given: bytes = b"") -> Samples:
    place = source.index("remix") if "remix" in source else len(source)
    output = ("-t", "s16", "-r", str(RATE_HZ), "-")
    command = ["sox", *source[:place], *output, *source[place:], "sinc", "200-3400"]
    raw = subprocess.run(command, check=True, capture_output=True, input=given).stdout
    return np.frombuffer(raw, "<i2").astype(np.float64)


def faithful_s(sent: Samples, heard: Samples, least: float) -> float:
    """How many seconds of `sent`, in pieces of half a second, are at least so alike somewhere in `heard`.

    Where a process was held up in mid-word, a piece is lost, and what comes before and behind it is not.
    """
    size = int(_PIECE_S * RATE_HZ)
    pieces = [sent[start : start + size] for start in range(0, len(sent) - size + 1, size)]
    spoken = [piece for piece in pieces if np.std(piece) > _SPOKEN * np.std(sent)]
    return _PIECE_S * sum(best_match(piece, heard, _PIECE_S).likeness >= least for piece in spoken)


def best_match(sent: Samples, heard: Samples, window_s: float = _WINDOW_S) -> Match:
    """The loudest two seconds of `sent`, or as many as are asked for, looked for all through `heard`."""
    size = int(window_s * RATE_HZ)
    assert min(len(sent), len(heard)) >= size, "a recording is shorter than the window"
    energy = np.concatenate(([0.0], np.cumsum(sent**2)))
    start = int(np.argmax(energy[size:] - energy[:-size]))
    piece = sent[start : start + size] - np.mean(sent[start : start + size])
    length = 1 << (len(heard) + size).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, length) * np.conj(np.fft.rfft(piece, length)), length)
    places = len(heard) - size + 1
    total = np.concatenate(([0.0], np.cumsum(heard**2)))
    levels = np.sqrt(np.maximum(total[size:] - total[:-size], 1.0) * max(float(np.sum(piece**2)), 1.0))
    likeness = product[:places] / levels
    at = int(np.argmax(likeness))
    return Match(float(likeness[at]), (at - start) / RATE_HZ)
