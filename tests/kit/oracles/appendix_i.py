"""Concealment by ITU-T G.711 Appendix I without its delay of 3.75 ms: what ours is compared with."""

from __future__ import annotations

from tests.kit.oracles.pcm import to_pcm, words

_HISTORY = 400


def _toward_zero(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator


def pitch_of(history: list[int]) -> int:
    """Lag 32..120 with the largest normalised correlation of the last 80 samples, on 12-bit magnitudes."""
    highest = max(1, max(history), -min(history))
    shift = max(0, highest.bit_length() - 12)
    scaled = [sample >> shift for sample in history]
    recent = scaled[-80:]
    best, best_score = 120, 0.0
    for lag in range(32, 121):
        past = scaled[-80 - lag : -lag]
        correlation = sum(a * b for a, b in zip(recent, past, strict=True))
        if correlation > 0 and (score := correlation**2 / (1 + sum(b * b for b in past))) > best_score:
            best, best_score = lag, score
    return best


class PitchRepeater:
    """Repeats one, two, then three pitch periods, fading from 10 ms to 60 ms."""

    def __init__(self) -> None:
        self._history = [0] * _HISTORY
        self._missing = 0

    def good(self, pcm: bytes) -> bytes:
        """A frame that came."""
        frame = list(words(pcm))
        if self._missing:
            overlap = min(80, len(frame), self._pitch // 4 + 32 * (self._missing // 80))
            tail = self._synthesize(overlap)
            for i, old in enumerate(tail):
                frame[i] = _toward_zero(old * (overlap - i) + frame[i] * (i + 1), overlap + 1)
            self._missing = 0
        self._history = (self._history + frame)[-_HISTORY:]
        return to_pcm(frame)

    def conceal(self, samples: int) -> bytes:
        """A frame that did not come."""
        if not self._missing:
            self._base = self._history
            self._pitch = pitch_of(self._base)
            self._cycles = [(self._pitch, 0)]  # (length, position) of the cycle in use, and of the one before
            self._blend = 0
        frame = self._synthesize(samples)
        self._history = (self._history + frame)[-_HISTORY:]
        return to_pcm(frame)

    def _cycle(self, age: int) -> int:
        length, position = self._cycles[-1 - age]
        self._cycles[-1 - age] = (length, (position + 1) % length)
        overlap = self._pitch // 4
        start = _HISTORY - length
        into = position - (length - overlap) + 1
        if into <= 0:
            return self._base[start + position]
        before = self._base[start + position - length]
        return _toward_zero(self._base[start + position] * (overlap - into) + before * into, overlap)

    def _synthesize(self, count: int) -> list[int]:
        frame = []
        overlap = self._pitch // 4
        for _ in range(count):
            if self._missing >= 480:
                frame.append(0)
                continue
            if self._missing in (80, 160):
                length, position = self._cycles[-1]
                self._cycles.append((length + self._pitch, position % self._pitch))
                self._blend = overlap
            value = self._cycle(0)
            if self._blend:
                value += _toward_zero((self._cycle(1) - value) * self._blend, overlap + 1)
                self._blend -= 1
            if self._missing > 80:
                value = _toward_zero(value * (480 - self._missing), 400)
            frame.append(max(-32768, min(32767, value)))
            self._missing += 1
        return frame
