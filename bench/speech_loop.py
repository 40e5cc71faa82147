"""Six seconds of a caller: two of recorded speech that begin on a packet, four of low noise."""

from __future__ import annotations

import wave
from array import array
from pathlib import Path
from random import Random

FRAME = 160
SECONDS = 6
SPEECH_SECONDS = 2
AUDIBLE = 328  # 1 % of full scale
NOISE_RMS = 12.0  # -69 dBFS: the VAD works on it, nobody would call it speech
CLIPS = ("vm-goodbye", "goodbye", "cancelled", "hello")


def speech_loop(voice: Path) -> tuple[bytes, int]:
    """S16LE at 8 kHz and the packet in which the speech begins. Without recordings the speech is a pulsed
    vowel.
    """
    rng = Random(3)
    loop = array("h", (int(rng.gauss(0, NOISE_RMS)) for _ in range(SECONDS * 8000)))
    start = 100 * FRAME
    speech = _recorded(voice) or _vowel()
    loop[start : start + len(speech)] = speech
    return loop.tobytes(), start // FRAME


def _recorded(voice: Path) -> array[int]:
    speech = array("h")
    for name in CLIPS:
        path = voice / f"{name}.wav"
        if not path.exists():
            continue
        with wave.open(str(path), "rb") as clip:
            samples = array("h", clip.readframes(clip.getnframes()))
        onset = next((at for at, sample in enumerate(samples) if abs(sample) >= AUDIBLE), 0)
        speech += samples[onset:]
    return speech[: SPEECH_SECONDS * 8000]


def _vowel() -> array[int]:
    """A sawtooth of 125 Hz is voiced to any detector."""
    return array("h", ((at % 64) * 200 - 6400 for at in range(SPEECH_SECONDS * 8000)))
