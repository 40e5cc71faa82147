"""Finds the tones in a call's audio while a verdict is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from aywa._native.beep import BeepListener
from aywa._native.resample import Downsampler
from aywa.answering.tones import Tone

_SPEECH_HZ = 500.0  # a tone below it may still turn out to be a voice: not told before its end


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """A tone was confirmed, or has `ended`."""

    tone: Tone
    ended: bool


class ToneEar:
    """Takes what a leg hears (16 kHz) or a recording (8 kHz)."""

    def __init__(self) -> None:
        self._listener = BeepListener()
        self._down = Downsampler()

    def feed_uplink(self, pcm: bytes, end_sample: int) -> list[ToneHeard]:
        """S16LE mono at 16 kHz that ends at this timeline sample."""
        narrow = self._down.process(pcm[: len(pcm) // 4 * 4])
        return self.feed(narrow, end_sample - len(narrow) // 2)

    def feed(self, pcm: bytes, position: int) -> list[ToneHeard]:
        """S16LE mono at 8 kHz whose first sample is at this timeline sample."""
        heard = []
        for ended, start, end, first_hz, last_hz, second_hz, _ in self._listener.feed(pcm, position):
            if ended or first_hz >= _SPEECH_HZ or second_hz:
                heard.append(ToneHeard(Tone(start, end, first_hz, last_hz, second_hz), ended))
        return heard

    def levels(self) -> list[tuple[int, float]]:
        """How loud it was since the last call: samples, and the mean square of 40 ms around each."""
        return self._listener.levels()
