"""From an engine's PCM to what the phone leg plays: 8 kHz, a steady loudness, no silence in front. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from aywa.ports.tts import TTS_SAMPLE_RATE_HZ

_GAIN = 0.58  # espeak-ng peaks at -1 to -4 dBFS; this brings phrases to about -6
_AUDIBLE = 160  # -46 dBFS: below this is espeak's own pause
_LEAD_SAMPLES = 40  # 5 ms before the first audible sample, so that a plosive keeps its start


class PhraseAudio:
    """One phrase. `add` each piece in order, then `finish`; both return PCM at 8 kHz, S16LE.

    soxr's HQ stream holds back about 100 ms of audio, which costs no time: espeak makes them in 0.2 ms.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._stream = soxr.ResampleStream(rate_hz, TTS_SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")
        self._audible = False
        self.trimmed = 0  # samples of 8 kHz dropped from the front
        self._held: npt.NDArray[np.int16] = np.empty(0, np.int16)

    def add(self, pcm: bytes) -> bytes:
        """Audio that is ready after this piece; may be empty."""
        return self._pass(np.frombuffer(pcm, "<i2"), last=False)

    def finish(self) -> bytes:
        """The rest."""
        return self._pass(np.empty(0, np.int16), last=True)

    def position(self, sample: int) -> int:
        """A sample at the engine's rate as a sample of what `add` returned, never before its start."""
        return max(sample * TTS_SAMPLE_RATE_HZ // self._rate_hz - self.trimmed, 0)

    def _pass(self, piece: npt.NDArray[np.int16], *, last: bool) -> bytes:
        narrow = self._stream.resample_chunk(piece.astype(np.float32) * _GAIN, last=last)
        ready: npt.NDArray[np.int16] = np.clip(np.rint(narrow), -32768, 32767).astype(np.int16)
        if not self._audible:
            ready = self._trim(np.concatenate((self._held, ready)))
        return bytes(ready.astype("<i2").tobytes())

    def _trim(self, heard: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        loud = np.flatnonzero(np.abs(heard.astype(np.int32)) > _AUDIBLE)
        if loud.size:
            self._audible = True
            start = max(int(loud[0]) - _LEAD_SAMPLES, 0)
        else:  # all silence so far: keep only what may become the lead
            start = max(len(heard) - _LEAD_SAMPLES, 0)
        self.trimmed += start
        self._held = heard[start:]
        return self._held if self._audible else np.empty(0, np.int16)
