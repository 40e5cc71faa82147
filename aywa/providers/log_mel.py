"""The log-mel spectrogram of Whisper models (Radford et al. 2022): 80 bands, 25 ms every 10 ms at 16 kHz.

Bands are triangles on the scale of Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above,
each of the same area.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
HOP = 160
WINDOW = 400
BANDS = 80

Floats = NDArray[np.float32]


def log_mel(samples: Floats) -> Floats:
    """(BANDS, len(samples) // HOP) of audio in -1..1, brought to mean 0 and variance 1 before."""
    level = samples.astype(np.float32)
    level = (level - level.mean()) / np.sqrt(level.var() + 1e-7)
    padded = np.pad(level.astype(np.float64), WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(samples) // HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.abs(np.fft.rfft(frames * hann, axis=1)) ** 2
    bands = np.log10(np.maximum(power @ _bands(), 1e-10)).T
    bands = np.maximum(bands, bands.max() - 8.0)
    return np.asarray((bands + 4.0) / 4.0, np.float32)


@cache
def _bands() -> NDArray[np.float64]:
    """(WINDOW // 2 + 1, BANDS): the weight of each frequency in each band."""
    edges = _hertz(np.linspace(0.0, _mels(RATE_HZ / 2), BANDS + 2))
    frequencies = np.linspace(0.0, RATE_HZ / 2, WINDOW // 2 + 1)
    rising = (frequencies[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - frequencies[:, None]) / np.diff(edges)[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2])))


def _mels(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < 1000 else 15.0 + float(np.log(hertz / 1000)) * 27 / float(np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15.0, mels * 200 / 3, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27))
