"""Reads the WAV files a caller plays."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from aywa.errors import RequestError

PHONE_RATE_HZ = 8000
WIDE_RATE_HZ = 16000  # what the best codecs carry
_MAX_CLIP_S = 600  # a clip is a sentence, at the most a message; longer is a wrong file
_DTYPES = {1: np.uint8, 2: np.int16, 4: np.int32}


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip: signed 16-bit little-endian mono PCM at `rate_hz`."""

    name: str
    pcm: bytes
    rate_hz: int = PHONE_RATE_HZ

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.pcm) / 2 / self.rate_hz

    def at(self, rate_hz: int) -> bytes:
        """The PCM as a leg of this rate sends it."""
        if rate_hz == self.rate_hz:
            return self.pcm
        samples = np.frombuffer(self.pcm, dtype="<i2").astype(np.float32) / 32768.0
        return _to_pcm(soxr.resample(samples, self.rate_hz, rate_hz))


def read_clip(path: str, rate_hz: int = PHONE_RATE_HZ) -> Clip:
    """Read a PCM WAV of any rate and channel count, mixed down to mono and resampled to `rate_hz`.

    Raises `RequestError` that names the file and says why it cannot be played.
    """
    try:
        with wave.open(path, "rb") as source:
            rate, channels, width = source.getframerate(), source.getnchannels(), source.getsampwidth()
            frames = source.getnframes()
            if frames > _MAX_CLIP_S * rate:
                raise RequestError(f"{path} is longer than {_MAX_CLIP_S} s", field="play")
            raw = source.readframes(frames)
    except FileNotFoundError as error:
        raise RequestError(f"{path} does not exist", field="play") from error
    except (OSError, EOFError, wave.Error) as error:
        why = str(error) or "it ends too early"
        raise RequestError(f"{path} is not a readable PCM WAV file: {why}", field="play") from error
    if width not in _DTYPES:
        raise RequestError(f"{path} has {8 * width}-bit samples; use 8, 16 or 32 bits", field="play")
    samples = np.frombuffer(raw, dtype=_DTYPES[width]).astype(np.float32)
    if width == 1:
        samples -= 128.0
    samples /= float(1 << (8 * width - 1))
    if channels > 1:
        samples = samples.reshape(-1, channels).mean(axis=1)
    if rate != rate_hz and samples.size:
        samples = soxr.resample(samples, rate, rate_hz)
    if not samples.size:
        raise RequestError(f"{path} holds no audio", field="play")
    return Clip(Path(path).stem, _to_pcm(samples), rate_hz)


def _to_pcm(samples: npt.NDArray[np.float32]) -> bytes:
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype("<i2").tobytes()
