"""Recorded human speech with transcripts: the prompts of Debian's asterisk-core-sounds-en-wav."""

from __future__ import annotations

import gzip
import os
import wave
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soxr

SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TRANSCRIPTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
RATE_HZ = 8000


def require_speech() -> None:
    """Skip where the recordings are not installed; fail where CI promises them."""
    if SOUNDS.is_dir():
        return
    reason = "recorded speech is missing: apt-get install asterisk-core-sounds-en-wav"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def speech(name: str) -> bytes:
    """S16LE mono 8 kHz of a recording, for example "digits/day-5"."""
    require_speech()
    with wave.open(str(SOUNDS / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        return file.readframes(file.getnframes())


@cache
def transcripts() -> dict[str, str]:
    """Every recording's name and what it says."""
    require_speech()
    if not TRANSCRIPTS.exists():  # containers drop /usr/share/doc
        pytest.skip("transcripts are missing: /usr/share/doc is not installed")
    with gzip.open(TRANSCRIPTS, "rt") as file:
        pairs = (line.strip().split(":", 1) for line in file if ":" in line and not line.startswith(";"))
        return {name: text.strip() for name, text in pairs}


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
