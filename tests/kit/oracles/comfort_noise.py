"""RFC 3389 payloads in numpy: the spectrum they mean, and the model of a signal by Levinson and Durbin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def level_of(payload: bytes) -> float:
    """RMS in 16-bit units that the first byte means (section 3.1)."""
    return float(32767 * 10 ** (-(payload[0] & 127) / 20))


def coefficients_of(payload: bytes) -> list[float]:
    """The first ten reflection coefficients (section 3.2)."""
    return [258 * (min(code, 254) - 127) / 32768 for code in payload[1:11]]


def predictor_of(reflection: list[float]) -> Floats:
    """A(z) of reflection coefficients by the step-up recursion: 1, a1, a2, .."""
    a = np.array([1.0])
    for k in reflection:
        longer = np.append(a, 0.0)
        a = longer + k * longer[::-1]
    return a


def power_spectrum(reflection: list[float], points: int) -> Floats:
    """Power of the all-pole model at `points` frequencies from 0 to half the rate, of mean 1 over all."""
    response = np.fft.rfft(predictor_of(reflection), 2 * (points - 1))
    gain = float(np.prod([1 - k * k for k in reflection])) if reflection else 1.0
    spectrum: Floats = gain / np.abs(response) ** 2
    return spectrum


def describe(samples: npt.NDArray[np.int16], order: int) -> bytes:
    """The payload of a signal: level, and reflection coefficients by Levinson's and Durbin's recursion."""
    x = samples.astype(np.float64)
    r = [float(np.dot(x[: max(0, len(x) - lag)], x[lag:])) for lag in range(order + 1)]
    if not r[0]:
        return bytes([127] * (1 + order))
    level = -20 * np.log10(np.sqrt(r[0] / len(x)) / 32767)
    codes = [int(np.clip(np.floor(level + 0.5), 0, 127))]
    a, error = np.array([1.0]), r[0]
    for m in range(1, order + 1):
        k = -float(np.dot(a, r[m:0:-1])) / error if error > 0 else 0.0
        codes.append(int(np.clip(np.floor(k * 32768 / 258 + 0.5) + 127, 0, 254)))
        longer = np.append(a, 0.0)
        a, error = longer + k * longer[::-1], error * (1 - k * k)
    return bytes(codes)
