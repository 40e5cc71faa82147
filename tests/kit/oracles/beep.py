"""What one window of a steady tone is, by a discrete Fourier transform of numpy's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WINDOW = 320
RATE_HZ = 8000


def measure(pcm: NDArray[np.int16]) -> tuple[float, float]:
    """Hz of the strongest component between 250 and 2250 Hz, to 0.5 Hz, and the share of the energy within
    75 Hz of it."""
    assert len(pcm) == WINDOW
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)
    weighted = pcm.astype(np.float64) * hann
    fine = np.abs(np.fft.rfft(weighted, RATE_HZ * 2)) ** 2  # every 0.5 Hz
    band = slice(500, 4501)
    peak = 500 + int(np.argmax(fine[band]))
    coarse = np.abs(np.fft.rfft(weighted)) ** 2
    middle = round(peak / 50)
    energy = np.sum(weighted**2) * WINDOW / 2
    return peak / 2, float(np.sum(coarse[middle - 3 : middle + 4]) / energy)
