"""The concealment of `aywa._native.plc`, written for reading: numpy in double precision, no state machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Signal = npt.NDArray[np.float64]


def burg(signal: _Signal, order: int) -> _Signal:
    """Predictor coefficients by Burg's method, as with noise at -40 dB; for the newest sample first."""
    noise = 1 + 1e-4 * float(np.mean(signal**2))
    forward, backward = signal[1:], signal[:-1]
    weights = np.ones(1)
    for _ in range(order):
        energy = float(forward @ forward + backward @ backward) + 2 * len(forward) * noise
        reflection = -2 * float(forward @ backward) / energy
        weights = np.append(weights, 0) + reflection * np.append(weights, 0)[::-1]
        forward, backward = (forward + reflection * backward)[1:], (backward + reflection * forward)[:-1]
    return -weights[1:]


def predict(signal: _Signal, order: int, count: int) -> _Signal:
    """The `count` samples that follow `signal`, none louder than it."""
    coefficients = burg(signal, order)
    peak = float(np.max(np.abs(signal), initial=0))
    line = list(signal)
    for _ in range(count):
        newest = np.array(line[: -len(coefficients) - 1 : -1])
        line.append(float(np.clip(coefficients @ newest, -peak, peak)))
    return np.array(line[len(signal) :])


def _rounded(values: _Signal) -> npt.NDArray[np.int16]:
    return (np.sign(values) * np.floor(np.abs(values) + 0.5)).astype(np.int16)


class SlowConcealer:
    """Same answers as LossConcealer but for the rounding of single precision."""

    def __init__(self, rate: int = 8000) -> None:
        self._ms = rate // 1000
        self._heard: _Signal = np.zeros(20 * self._ms)
        self._base = self._heard
        self._missing = 0

    def _remember(self, pcm: npt.NDArray[np.int16]) -> None:
        self._heard = np.concatenate([self._heard, pcm])[-20 * self._ms :]

    def _gain(self, missing: npt.NDArray[np.int64]) -> _Signal:
        return np.asarray(np.clip((60 * self._ms - missing) / (50 * self._ms), 0, 1))

    def _ahead(self, samples: int) -> _Signal:
        """The next `samples` of the forward prediction, before it is faded."""
        if not self._missing:
            self._base = self._heard
        return predict(self._base, 10 * self._ms, self._missing + samples)[self._missing :]

    def good(self, pcm: bytes) -> bytes:
        """A frame that came."""
        frame = np.frombuffer(pcm, np.int16).copy()
        if self._missing and len(frame):
            n = min(5 * self._ms, len(frame))
            tail = _rounded(self._ahead(n) * self._gain(self._missing + np.arange(n)))
            steps = np.arange(1, n + 1)
            frame[:n] = np.trunc((tail * (n + 1.0 - steps) + frame[:n] * 1.0 * steps) / (n + 1))
            self._missing = 0
        self._remember(frame)
        return frame.tobytes()

    def conceal(self, samples: int) -> bytes:
        """A frame that did not come."""
        if samples == 0:
            return b""
        frame = _rounded(self._ahead(samples) * self._gain(self._missing + np.arange(samples)))
        self._missing += samples
        self._remember(frame)
        return frame.tobytes()

    def bridge(self, samples: int, later: bytes) -> bytes:
        """The rest of a hole whose far side is known."""
        known = np.frombuffer(later, np.int16).astype(np.float64)[: 20 * self._ms]
        if not len(known):
            return self.conceal(samples)
        first = self.conceal(max(0, samples - 100 * self._ms))
        n = min(samples, 100 * self._ms)
        gain = self._gain(np.array([self._missing]))[0]
        back = predict(known[::-1], min(10 * self._ms, 3 * len(known) // 4), n)[::-1]
        into = (np.arange(n) + 0.5) / max(1, n)
        into = into**2 * (3 - 2 * into)
        frame = _rounded(gain * (1 - into) * self._ahead(n) + into * back)
        self._remember(frame)
        self._missing = 0
        return first + frame.tobytes()
