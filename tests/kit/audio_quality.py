"""How far a repaired signal is from the original, over chosen frames (numpy, int16 in)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def segmental_snr_db(clean: Samples, repaired: Samples, frames: Iterable[int], size: int = 160) -> float:
    """Mean SNR of the given frames in dB, each held to -10..35 as is usual for speech."""
    ratios = []
    for frame in frames:
        part = slice(frame * size, (frame + 1) * size)
        signal = clean[part].astype(np.float64)
        noise = signal - repaired[part]
        ratio = 10 * np.log10((np.sum(signal**2) + 1) / (np.sum(noise**2) + 1))
        ratios.append(float(np.clip(ratio, -10, 35)))
    return float(np.mean(ratios))


def log_spectral_distance_db(
    clean: Samples, repaired: Samples, frames: Iterable[int], size: int = 160
) -> float:
    """Mean RMS difference of the log spectra in dB over 40 ms around each given frame, floor at -70 dBFS."""
    window = np.hanning(2 * size)
    floor = (32768 * 10 ** (-70 / 20)) ** 2 * np.sum(window**2)
    distances = []
    for frame in frames:
        start = max(0, frame * size - size // 2)
        spectra = [
            10 * np.log10(np.abs(np.fft.rfft(window * signal[start : start + 2 * size])) ** 2 + floor)
            for signal in (clean, repaired)
        ]
        distances.append(float(np.sqrt(np.mean((spectra[0] - spectra[1]) ** 2))))
    return float(np.mean(distances))
