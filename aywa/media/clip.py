"""What plays behind a leg while it waits: music from a sound file, or noise that says the line is alive."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import soxr
from numpy.typing import NDArray

from aywa._native.background import NativeClip
from aywa._native.g711 import decode_alaw, decode_ulaw
from aywa.errors import MediaError, ParseError
from aywa.proto.sound_file import Coding, Sound, parse_sound

RATES_HZ = (8000, 16000)
SHORTEST_S = 0.1
LONGEST_S = 300.0  # 14 MB of memory
_LARGEST_BYTES = 480_000_000  # 300 s of eight channels of 24 bits at 48 kHz, and more
_NOISE_S = 4
_NOISE_RMS = 33.0  # -60 dB of full scale: a quiet office through a telephone
_NOISE_BAND_HZ = (200, 3400)
_Samples = NDArray[np.float64]


class Clip:
    """Audio to loop, at both rates that legs have."""

    def __init__(self, name: str, pcm_by_rate: dict[int, bytes]) -> None:
        """S16LE mono by rate, one for each of `RATES_HZ`."""
        self.name = name
        self.seconds = len(pcm_by_rate[RATES_HZ[0]]) / 2 / RATES_HZ[0]
        self._native = {rate: NativeClip(pcm) for rate, pcm in pcm_by_rate.items()}

    def at(self, rate_hz: int) -> NativeClip:
        """For a leg of 8000 or 16000 Hz."""
        return self._native[rate_hz]


def load_clip(path: Path, *, loudest: float | None = None) -> Clip:
    """A sound file of integer PCM, 8 to 32 bits, or G.711, 4 to 192 kHz, 0.1 to 300 s; several channels are
    averaged.

    `loudest`: an RMS level, of full scale, above which it is turned down to that level.
    Reads the disk and resamples: for a worker thread. Raises MediaError that says what is wrong.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise MediaError(f"{path} is larger than anything that can be played")
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path} cannot be read ({error.strerror})") from error
    try:
        return clip_of(parse_sound(data, path=path.name), path.name, loudest=loudest)
    except (ParseError, MediaError) as error:
        raise MediaError(f"{path}: {error.detail}") from error


def clip_of(sound: Sound, name: str, *, loudest: float | None = None) -> Clip:
    """The sound at both rates; resamples: for a worker thread. Raises MediaError by its length."""
    samples = _samples(sound)
    if loudest is not None and (level := float(np.sqrt(np.mean(samples**2)))) > loudest:
        samples = samples * (loudest / level)
    return Clip(name, {rate: _s16(soxr.resample(samples, sound.rate_hz, rate)) for rate in RATES_HZ})


def speech_of(sound: Sound) -> bytes:
    """The sound as S16LE of 8 kHz, for the ring; resamples: for a worker thread. Raises MediaError."""
    return _s16(soxr.resample(_samples(sound), sound.rate_hz, RATES_HZ[0]))


def comfort_noise(rng: Random) -> Clip:
    """Four seconds of telephone-band noise at -60 dB of full scale that loop without a seam."""
    made = {}
    for rate in RATES_HZ:
        # Random phases at multiples of the loop's frequency: the end runs into the beginning by construction.
        count = _NOISE_S * rate
        low, high = (hz * _NOISE_S for hz in _NOISE_BAND_HZ)
        spectrum = np.zeros(count // 2 + 1, complex)
        phases = np.array([rng.uniform(0, 2 * np.pi) for _ in range(high - low)])
        spectrum[low:high] = np.exp(1j * phases) / np.sqrt(np.arange(low, high))
        noise = np.fft.irfft(spectrum, count)
        made[rate] = _s16(noise * (_NOISE_RMS / 32768 / np.sqrt(np.mean(noise**2))))
    return Clip("comfort noise", made)


def _samples(sound: Sound) -> _Samples:
    if sound.cut and sound.seconds < SHORTEST_S:
        raise MediaError("it holds less than it says")
    if not SHORTEST_S <= sound.seconds <= LONGEST_S:
        raise MediaError(f"it lasts {sound.seconds:.1f} s; {SHORTEST_S:g} to {LONGEST_S:g} s can be played")
    return _mono(sound)


def _mono(sound: Sound) -> _Samples:
    match sound.coding:
        case Coding.ULAW:
            values = np.frombuffer(decode_ulaw(bytes(sound.data)), "<i2").astype(np.float64) / 32768
        case Coding.ALAW:
            values = np.frombuffer(decode_alaw(bytes(sound.data)), "<i2").astype(np.float64) / 32768
        case Coding.UNSIGNED_8:
            values = (np.frombuffer(sound.data, np.uint8).astype(np.float64) - 128) / 128
        case Coding.BIG_ENDIAN_16:
            values = np.frombuffer(sound.data, ">i2").astype(np.float64) / 32768
        case Coding.LITTLE_ENDIAN:
            octets = np.frombuffer(sound.data, np.uint8).reshape(-1, sound.width)
            # The upper 16 bits are all that a telephone can carry.
            values = octets[:, -2:].copy().view("<i2")[:, 0].astype(np.float64) / 32768
    mono: _Samples = values.reshape(-1, sound.channels).mean(axis=1)
    return mono


def _s16(samples: _Samples) -> bytes:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes()
