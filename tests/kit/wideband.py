"""Speech with sound above 4 kHz, made of the recordings, which have none: for codecs of 16 kHz."""

from __future__ import annotations

import numpy as np
import soxr


def wideband(pcm: bytes) -> bytes:
    """S16LE 16 kHz of S16LE 8 kHz: the lower band as it is, and its own upper half again above it.

    The recordings end at 4 kHz, which would leave the higher sub-band of G.722 silent. So the spectrum is
    mirrored at 4 kHz, 14 dB lower.
    """
    narrow = np.frombuffer(pcm, "<i2").astype(np.float64)
    wide = soxr.resample(narrow, 8000, 16000, quality="VHQ")
    stuffed = np.zeros(2 * len(narrow))
    stuffed[::2] = 2 * narrow
    mirror = stuffed[: len(wide)] - wide[: len(stuffed)]
    return np.clip(np.rint(wide + 0.2 * mirror), -32768, 32767).astype("<i2").tobytes()
