"""Recorded human speech as it arrives at the end of a telephone line."""

from __future__ import annotations

import numpy as np
import soxr

from tests.kit.recordings import read_recording

RATE_HZ = 8000


def speech(name: str) -> bytes:
    """S16LE mono 8 kHz of a recording, for example "digits/day-5"."""
    return read_recording(name)


def over_the_phone(pcm: bytes, gain: float = 1.0) -> bytes:
    """Speech as a telephone leg delivers it: through mu-law, then 8 to 16 kHz. S16LE 8 kHz in, 16 kHz out."""
    heard = np.clip(np.frombuffer(pcm, "<i2") * gain, -32768, 32767).astype(np.int32)
    magnitude = np.minimum(np.abs(heard) + 132, 32767)
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    decoded = ((((magnitude >> (exponent + 3)) & 15) << 3) + 132 << exponent) - 132
    narrow = (np.sign(heard) * decoded).astype(np.int16)
    return soxr.resample(narrow, 8000, 16000).astype("<i2").tobytes()


def voiced_span(pcm: bytes) -> tuple[int, int]:
    """First and last voiced sample by energy, in samples of S16LE 8 kHz, as a VAD would place them."""
    heard = np.frombuffer(pcm, "<i2").astype(np.float64)
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160)
    levels = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(levels > max(60.0, levels.max() * 0.03))
    return (0, len(heard)) if not loud.size else (int(loud[0]) * 160, int(loud[-1] + 1) * 160)


def quiet(seconds: float, seed: int = 1) -> bytes:
    """A line's background: noise at -72 dBFS, S16LE 8 kHz."""
    return np.random.default_rng(seed).normal(0, 8, int(seconds * RATE_HZ)).astype("<i2").tobytes()
