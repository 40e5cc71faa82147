"""The half-band resampler: the textbook's bit for bit, soxr's and a sine's within stated dB."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.resample import Downsampler, Upsampler
from tests.kit.oracles import resample as oracle
from tests.kit.oracles.pcm import to_pcm

PASS_BAND_HZ = (100, 300, 1000, 2000, 3000, 3300, 3400)
PASS_BAND_DB = 0.01
REJECTION_DB = -62.0
AGAINST_SOXR_DB = -60.0

Reals = npt.NDArray[np.float64]


def sine(frequency: float, rate: int, count: int, amplitude: float = 20000.0) -> bytes:
    return bytes(np.round(amplitude * np.sin(2 * np.pi * frequency * np.arange(count) / rate)).astype("<i2"))


def reals(pcm: bytes) -> Reals:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def amplitude_db(signal: Reals, frequency: float, rate: int, full: float = 20000.0) -> float:
    """Level of one frequency, by a Hann-weighted projection that leaves 100 Hz away nothing."""
    window = np.hanning(len(signal))
    turn = np.exp(-2j * np.pi * frequency * np.arange(len(signal)) / rate)
    return float(20 * np.log10(2 * abs(np.sum(signal * window * turn)) / np.sum(window) / full + 1e-12))


@pytest.mark.parametrize("frequency", PASS_BAND_HZ)
def test_up_keeps_the_band_and_rejects_its_image(frequency: int) -> None:
    out = reals(Upsampler().process(sine(frequency, 8000, 8000)))[200:]
    assert abs(amplitude_db(out, frequency, 16000)) < PASS_BAND_DB
    assert amplitude_db(out, 8000 - frequency, 16000) < REJECTION_DB


@pytest.mark.parametrize("frequency", PASS_BAND_HZ)
def test_down_keeps_the_band_and_rejects_what_would_fold_into_it(frequency: int) -> None:
    kept = reals(Downsampler().process(sine(frequency, 16000, 16000)))[200:]
    assert abs(amplitude_db(kept, frequency, 8000)) < PASS_BAND_DB
    folded = reals(Downsampler().process(sine(8000 - frequency, 16000, 16000)))[200:]
    assert amplitude_db(folded, frequency, 8000) < REJECTION_DB


def telephone_noise(rate: int, seconds: float) -> Reals:
    """Noise of equal power from 300 to 3400 Hz, far below clipping."""
    count = int(rate * seconds)
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / rate)
    spectrum[(frequencies < 300) | (frequencies > 3400)] = 0
    noise = np.fft.irfft(spectrum, count)
    return np.round(noise * 6000 / np.std(noise)).astype(np.float64)


def error_db(ours: Reals, theirs: Reals) -> float:
    middle = slice(500, min(len(ours), len(theirs)) - 500)
    error = ours[middle] - theirs[middle]
    return float(10 * np.log10(np.sum(error**2) / np.sum(theirs[middle] ** 2)))


def test_up_equals_soxr_in_the_band() -> None:
    noise = telephone_noise(8000, 2.0)
    theirs = soxr.resample(noise, 8000, 16000, quality="VHQ")
    ours = reals(Upsampler().process(noise.astype("<i2").tobytes()))
    assert error_db(ours[24:], theirs) < AGAINST_SOXR_DB


def test_down_equals_soxr_in_the_band() -> None:
    noise = telephone_noise(16000, 2.0)
    theirs = soxr.resample(noise, 16000, 8000, quality="VHQ")
    ours = reals(Downsampler().process(noise.astype("<i2").tobytes()))
    assert error_db(ours[11:], theirs) < AGAINST_SOXR_DB


FRAMES = st.lists(st.lists(st.integers(-32768, 32767), max_size=200).map(to_pcm), max_size=4)


@given(FRAMES)
def test_up_is_the_textbook_filter_however_the_frames_are_cut(frames: list[bytes]) -> None:
    up = Upsampler()
    assert b"".join(map(up.process, frames)) == oracle.upsample(b"".join(frames))


@given(FRAMES)
def test_down_is_the_textbook_filter_however_the_frames_are_cut(frames: list[bytes]) -> None:
    even = [frame[: len(frame) // 4 * 4] for frame in frames]
    down = Downsampler()
    assert b"".join(map(down.process, even)) == oracle.downsample(b"".join(even))


def test_frames_longer_than_the_work_block() -> None:
    pcm = sine(440, 8000, 1234, 32767.0)
    assert Upsampler().process(pcm) == oracle.upsample(pcm)
    assert Downsampler().process(pcm) == oracle.downsample(pcm)


def test_full_scale_square_saturates_and_does_not_wrap() -> None:
    square = to_pcm(([32767] * 13 + [-32768] * 13) * 40)
    out = np.frombuffer(Upsampler().process(square), "<i2")
    assert out.max() == 32767
    assert out.min() == -32768
    assert Upsampler().process(square) == oracle.upsample(square)


def test_a_constant_stays_a_constant() -> None:
    constant = to_pcm([12345] * 200)
    assert set(reals(Upsampler().process(constant))[60:]) == {12345.0}
    assert set(reals(Downsampler().process(constant))[60:]) == {12345.0}


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="even number"):
        Upsampler().process(b"\0")
    with pytest.raises(ValueError, match="even number"):
        Downsampler().process(b"\0\0")
