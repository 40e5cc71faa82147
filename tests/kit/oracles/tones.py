"""DTMF by the book: sines of ITU-T Q.23 and a detector that looks at spectra, in numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYPAD = ("123A", "456B", "789C", "*0#D")
DIGITS = "0123456789*#ABCD"
FULL = 22656.0  # amplitude of 0 dBm0


def place(event: int) -> tuple[int, int]:
    """Row and column of an event code."""
    key = DIGITS[event]
    row = next(i for i, keys in enumerate(KEYPAD) if key in keys)
    return row, KEYPAD[row].index(key)


def dtmf(
    event: int,
    samples: int,
    *,
    low_dbm0: float = -10,
    high_dbm0: float = -8,
    off_percent: tuple[float, float] = (0, 0),
    phase: float = 0,
) -> Samples:
    """Two sines at 8 kHz that begin and end at once."""
    row, column = place(event)
    at = np.arange(samples) / 8000
    low = np.sin(2 * np.pi * ROWS[row] * (1 + off_percent[0] / 100) * at + phase)
    high = np.sin(2 * np.pi * COLUMNS[column] * (1 + off_percent[1] / 100) * at + 2 * phase)
    return FULL * (10 ** (low_dbm0 / 20) * low + 10 ** (high_dbm0 / 20) * high)


def to_pcm(signal: Samples) -> bytes:
    """S16LE, saturated."""
    return np.clip(np.rint(signal), -32768, 32767).astype("<i2").tobytes()


def levels_dbm0(pcm: bytes) -> list[tuple[float, float]]:
    """(frequency, level) of the two highest peaks of the spectrum, lowest frequency first; 0.1 s and more."""
    signal = np.frombuffer(pcm, "<i2").astype(float)
    window = np.hanning(len(signal))
    size = 1 << 16
    spectrum = np.abs(np.fft.rfft(signal * window, size)) * 2 / window.sum()
    peaks = []
    for _ in range(2):
        best = int(spectrum.argmax())
        peaks.append((best * 8000 / size, 20 * float(np.log10(spectrum[best] / FULL))))
        spectrum[max(0, best - 800) : best + 800] = 0
    return sorted(peaks)


def bin_powers(pcm: bytes) -> Samples:
    """Power at the eight frequencies in each block of 10 ms: what a detector in numpy would begin with."""
    blocks = np.frombuffer(pcm, "<i2").astype(float).reshape(-1, 80)
    return np.abs(blocks @ _WAVES) ** 2


_WAVES = np.exp(-2j * np.pi * np.outer(np.arange(80), (*ROWS, *COLUMNS)) / 8000)


def slow_listener(pcm: bytes) -> list[tuple[int, int, int]]:
    """(event, start, duration) of clean presses of 40 ms and more, at least 40 ms apart."""
    signal = np.frombuffer(pcm, "<i2").astype(float)
    keys: list[int | None] = []
    half = np.mean(signal[signal != 0] ** 2) / 2  # of presses of one level
    for at in range(0, len(signal) - 128, 16):
        block = signal[at : at + 128]
        spectrum = np.abs(np.fft.rfft(block * np.hanning(128), 8192))
        best = [
            max(range(4), key=lambda i, g=group: spectrum[round(g[i] * 8192 / 8000)])
            for group in (ROWS, COLUMNS)
        ]  # type: ignore[misc]
        sounds = float(np.mean(block**2)) > half
        keys.append(DIGITS.index(KEYPAD[best[0]][best[1]]) if sounds else None)
    found, begin = [], 0
    for place_, key in enumerate([*keys, None]):
        if place_ and key != keys[place_ - 1]:
            before = keys[place_ - 1]
            if before is not None and place_ - begin >= 15:
                found.append((before, begin * 16 + 64, (place_ - begin) * 16))
            begin = place_
    return found
