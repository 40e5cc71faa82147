"""G.722 bit for bit: beside FFmpeg's codec, which is nobody's copy of ours, and beside the slow twin."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.codec import NativeCodec
from tests.kit import libav
from tests.kit.oracles.g722 import SlowG722
from tests.kit.recordings import read_recording
from tests.kit.wideband import wideband

RATE = 16000
Samples = npt.NDArray[np.int16]
RECORDINGS = ("vm-intro", "demo-congrats", "tt-weasels", "privacy-prompt")


def codec() -> NativeCodec:
    """A new encoder and decoder."""
    return NativeCodec("G722", RATE, 8000)


def clipped(samples: npt.NDArray[np.float64]) -> Samples:
    """As 16-bit samples."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def signals() -> dict[str, Samples]:
    """What makes a codec go to its limits."""
    time = np.arange(RATE)
    rng = np.random.default_rng(1)
    return {
        "silence": np.zeros(RATE, np.int16),
        "the smallest steps": rng.integers(-1, 2, RATE).astype(np.int16),
        "a tone below 4 kHz": clipped(12000 * np.sin(2 * np.pi * 1000 * time / RATE)),
        "a tone above 4 kHz": clipped(12000 * np.sin(2 * np.pi * 5500 * time / RATE)),
        "a tone on the border": clipped(32767 * np.sin(2 * np.pi * 4000 * time / RATE)),
        "a sweep": clipped(30000 * np.sin(np.pi * 8000 * (time / RATE) ** 2)),
        "noise": clipped(rng.normal(0, 6000, RATE)),
        "a full-scale square wave": np.where(time // 20 % 2, 32767, -32768).astype(np.int16),
        "the fastest square wave": np.where(time % 2, 32767, -32768).astype(np.int16),
        "full-scale noise of two values": rng.choice(np.array([-32768, 32767], np.int16), RATE),
        "a constant": np.full(RATE, -32768, np.int16),
        "a click in silence": np.where(time == 8000, 32767, 0).astype(np.int16),
        "loud, then silent": clipped(rng.normal(0, 12000, RATE) * (time < 8000)),
    }


def assert_equals_ffmpeg(samples: Samples) -> None:
    """Both directions, bit for bit; FFmpeg's encoder without its trellis search is the recommendation's."""
    libav.require()
    payload = codec().encode(samples.tobytes())
    assert payload == b"".join(libav.encode("g722", samples, RATE, {"trellis": "0"}))
    assert_decoded_as_by_ffmpeg(payload)


def assert_decoded_as_by_ffmpeg(payload: bytes) -> None:
    packets = [payload[at : at + 160] for at in range(0, len(payload), 160)]
    theirs = np.concatenate(list(libav.decode("g722", packets, RATE)))
    assert codec().decode(payload) == theirs.astype("<i2").tobytes()


@pytest.mark.parametrize("name", signals())
def test_equals_ffmpeg_on_signals(name: str) -> None:
    assert_equals_ffmpeg(signals()[name])


@pytest.mark.parametrize("gain", [0.05, 1.0, 8.0])
@pytest.mark.parametrize("name", RECORDINGS)
def test_equals_ffmpeg_on_recorded_speech(name: str, gain: float) -> None:
    speech = np.frombuffer(wideband(read_recording(name)), "<i2").astype(np.float64)
    assert_equals_ffmpeg(clipped(speech[: len(speech) // 320 * 320] * gain))


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=160), st.integers(1, 12))
def test_equals_ffmpeg_on_made_up_signals(samples: list[int], times: int) -> None:
    assert_equals_ffmpeg(np.repeat(np.array(samples, np.int16), 2 * times))


@given(st.binary(min_size=1, max_size=800))
def test_any_bytes_are_decoded_as_by_ffmpeg(payload: bytes) -> None:
    libav.require()
    assert_decoded_as_by_ffmpeg(payload)


def test_a_minute_of_random_bytes_is_decoded_as_by_ffmpeg() -> None:
    libav.require()
    assert_decoded_as_by_ffmpeg(Random(2).randbytes(480_000))


@pytest.mark.parametrize("name", signals())
def test_equals_the_slow_twin_on_signals(name: str) -> None:
    pcm = signals()[name][6400:9600].tobytes()
    payload = codec().encode(pcm)
    assert payload == SlowG722().encode(pcm)
    assert codec().decode(payload) == SlowG722().decode(payload)


@given(st.binary(max_size=400))
def test_equals_the_slow_twin_on_any_bytes(data: bytes) -> None:
    assert codec().decode(data) == SlowG722().decode(data)
    pcm = data[: len(data) // 4 * 4]
    assert codec().encode(pcm) == SlowG722().encode(pcm)


def test_the_cut_into_packets_cannot_be_heard() -> None:
    pcm = signals()["noise"].tobytes()
    whole, cut = codec(), codec()
    payload = whole.encode(pcm)
    rng, parts, at = Random(3), [], 0
    while at < len(pcm):
        size = 4 * rng.randrange(1, 400)
        parts.append(cut.encode(pcm[at : at + size]))
        at += size
    assert b"".join(parts) == payload
    assert b"".join(cut.decode(part) for part in parts) == whole.decode(payload)


def test_both_bands_come_through() -> None:
    for name in ("a tone below 4 kHz", "a tone above 4 kHz"):
        samples = signals()[name]
        one = codec()
        heard = np.frombuffer(one.decode(one.encode(samples.tobytes())), "<i2").astype(np.float64)
        # The filters are 22 samples late together.
        clean = samples[4000:15900].astype(np.float64)
        noise = heard[4022:15922] - clean
        assert 10 * np.log10(np.sum(clean**2) / np.sum(noise**2)) > (35 if "below" in name else 15)
