"""From a vendor's audio bytes to what the phone leg plays: S16LE at 8 kHz. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
import soxr

from aywa._native.g711 import decode_ulaw
from aywa.ports.tts import TTS_SAMPLE_RATE_HZ


class Encoding(Enum):
    """How samples are written; mono all of them."""

    S16LE = "s16le"
    ULAW = "ulaw"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a vendor was asked for. `rate_hz`: 8000 to 48000."""

    encoding: Encoding = Encoding.S16LE
    rate_hz: int = TTS_SAMPLE_RATE_HZ


class SpeechEdge(Protocol):
    """Bytes in, PCM at 8 kHz out."""

    def add(self, data: bytes) -> bytes:
        """What is ready after these bytes; raises ProviderError where they are no audio."""

    def finish(self) -> bytes:
        """What was held back."""


class PcmEdge:
    """One phrase's audio, cut anywhere. An odd byte at the very end is left out.

    At 8 kHz the bytes go through as they are. From other rates soxr's HQ stream resamples; it holds some
    40 ms back until more comes, and costs 130 to 160 us for a second of audio.
    """

    def __init__(self, form: AudioFormat | None = None) -> None:
        form = form or AudioFormat()
        self._ulaw = form.encoding is Encoding.ULAW
        self._left = b""
        self._stream: soxr.ResampleStream | None = None
        if form.rate_hz != TTS_SAMPLE_RATE_HZ:
            self._stream = soxr.ResampleStream(
                form.rate_hz, TTS_SAMPLE_RATE_HZ, 1, dtype="int16", quality="HQ"
            )

    def add(self, data: bytes) -> bytes:
        """See `SpeechEdge`."""
        if self._ulaw:
            pcm = decode_ulaw(data)
        else:
            pcm = self._left + data if self._left else data
            even = len(pcm) & ~1
            self._left = pcm[even:]
            if even != len(pcm):
                pcm = pcm[:even]
        return pcm if self._stream is None or not pcm else self._resample(pcm, last=False)

    def finish(self) -> bytes:
        """The rest of what the resampler holds."""
        return b"" if self._stream is None else self._resample(b"", last=True)

    def _resample(self, pcm: bytes, *, last: bool) -> bytes:
        assert self._stream is not None, "only rates other than the leg's are resampled"
        narrow = self._stream.resample_chunk(np.frombuffer(pcm, "<i2"), last=last)
        return bytes(narrow.astype("<i2", copy=False).tobytes())
