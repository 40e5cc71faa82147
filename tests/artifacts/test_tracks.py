"""Parties on tracks of their own: each sample where its leg's clock puts it, whatever comes first."""

from __future__ import annotations

import wave
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aywa.artifacts.tracks import TrackMixer, open_tracks, split_recording

START_NS = 5_000_000_000
FRAME_NS = 125_000
HOUR = 3600 * 8000


def ramp(count: int, first: int = 1) -> NDArray[np.int16]:
    return (np.arange(first, first + count) % 30000 + 1).astype(np.int16)


def channels(frames: bytes, count: int) -> NDArray[np.int16]:
    return np.frombuffer(frames, np.int16).reshape(-1, count).T


@settings(max_examples=60, deadline=None)
@given(
    offsets=st.lists(st.integers(0, 900), min_size=3, max_size=3),
    lengths=st.lists(st.integers(1, 2000), min_size=3, max_size=3),
    seed=st.integers(0, 2**16),
)
def test_every_sample_stands_where_its_clock_says(offsets: list[int], lengths: list[int], seed: int) -> None:
    """Against a sheet of zeros on which each track is laid at once."""
    names = ("caller", "colleague", "assistant")
    rng, mixer = Random(seed), TrackMixer(names, 8000, START_NS)
    said = [ramp(length, 7 * k) for k, length in enumerate(lengths)]
    sheet = np.zeros((3, max(o + n for o, n in zip(offsets, lengths, strict=True))), np.int16)
    for k, (offset, pcm) in enumerate(zip(offsets, said, strict=True)):
        sheet[k, offset : offset + len(pcm)] = pcm
        mixer.begin(names[k], START_NS + offset * FRAME_NS, 8000)
    fed, out = [0, 0, 0], b""
    while any(at < len(pcm) for at, pcm in zip(fed, said, strict=True)):
        k = rng.choice([k for k in range(3) if fed[k] < len(said[k])])
        n = rng.randint(1, 300)
        mixer.feed(names[k], said[k][fed[k] : fed[k] + n].tobytes())
        fed[k] += n
        if fed[k] >= len(said[k]):
            mixer.end(names[k])
        if rng.random() < 0.5:
            out += mixer.take()
    out += mixer.take()
    assert np.array_equal(channels(out, 3), sheet)
    assert mixer.late_samples == 0


def test_a_party_that_comes_an_hour_later_is_within_a_frame() -> None:
    mixer = TrackMixer(("caller", "colleague"), 8000, START_NS)
    mixer.begin("caller", START_NS, 8000)
    second, at = bytes(16000), 0
    for at in range(0, HOUR, 8000):
        mixer.feed("caller", second)
        if at % 80000 == 0:
            mixer.take()
    mixer.take()
    late_by_ns = 40_000  # a third of a frame
    mixer.begin("colleague", START_NS + HOUR * FRAME_NS + 1000 * FRAME_NS + late_by_ns, 8000)
    mixer.feed("caller", ramp(3000).tobytes())
    mixer.feed("colleague", ramp(2000).tobytes())
    caller, colleague = channels(mixer.take(), 2)
    assert np.array_equal(caller, ramp(3000))
    assert not colleague[:1000].any()
    assert np.array_equal(colleague[1000:], ramp(2000))


@pytest.mark.parametrize(("leg_hz", "file_hz"), [(8000, 16000), (16000, 8000)])
def test_a_leg_of_another_rate_is_aligned_too(leg_hz: int, file_hz: int) -> None:
    mixer = TrackMixer(("caller",), file_hz, START_NS)
    mixer.begin("caller", START_NS + 1000 * FRAME_NS, leg_hz)
    pulse = np.zeros(leg_hz, np.int16)
    pulse[leg_hz // 10 : leg_hz // 10 + leg_hz // 500] = 10000
    mixer.feed("caller", pulse.tobytes())
    mixer.end("caller")
    heard = channels(mixer.take(), 1)[0].astype(float)
    middle = float(np.sum(np.arange(len(heard)) * heard) / np.sum(heard))
    assert middle / file_hz == pytest.approx(0.125 + 0.101, abs=0.0002)


def test_what_comes_after_its_place_was_written_is_counted() -> None:
    mixer = TrackMixer(("caller", "colleague"), 8000, START_NS)
    mixer.begin("caller", START_NS, 8000)
    mixer.feed("caller", ramp(800).tobytes())
    mixer.take()
    mixer.begin("colleague", START_NS + 700 * FRAME_NS, 8000)
    mixer.feed("colleague", ramp(300).tobytes())
    mixer.feed("caller", ramp(200).tobytes())
    assert mixer.late_samples == 100
    assert np.array_equal(channels(mixer.take(), 2)[1], ramp(300)[100:])


def test_a_party_may_come_back() -> None:
    mixer = TrackMixer(("caller", "colleague"), 8000, START_NS)
    mixer.begin("caller", START_NS, 8000)
    for start in (0, 500):
        mixer.begin("colleague", START_NS + start * FRAME_NS, 8000)
        mixer.feed("colleague", ramp(100).tobytes())
        mixer.end("colleague")
    mixer.feed("caller", ramp(1000).tobytes())
    colleague = channels(mixer.take(), 2)[1]
    assert np.array_equal(colleague[:100], ramp(100))
    assert not colleague[100:500].any()
    assert np.array_equal(colleague[500:600], ramp(100))
    assert not colleague[600:].any()


def test_the_file_is_valid_after_every_sync(tmp_path: Path) -> None:
    mixer = TrackMixer(("caller", "colleague", "assistant"), 16000, START_NS)
    sink = open_tracks(tmp_path / "call.wav", mixer)
    for name in mixer.names:
        mixer.begin(name, START_NS, 16000)
    for second in range(1, 4):
        for name in mixer.names:
            mixer.feed(name, ramp(16000).tobytes())
        sink.append(mixer.take())
        sink.sync()
        with wave.open(sink.path) as file:
            assert (file.getnchannels(), file.getframerate()) == (3, 16000)
            assert file.getnframes() == second * 16000
            assert len(file.readframes(file.getnframes())) == 6 * second * 16000
    sink.close()


def test_a_stereo_recording_is_split() -> None:
    left, right = ramp(50), ramp(50, 900)
    assert split_recording(np.stack([left, right], 1).tobytes()) == (left.tobytes(), right.tobytes())


def test_names_and_rates_are_checked() -> None:
    for names, rate_hz in (((), 8000), (("a", "a"), 8000), (("a",), 44100)):
        with pytest.raises(ValueError):
            TrackMixer(names, rate_hz, 0)
    mixer = TrackMixer(("a",), 8000, 0)
    with pytest.raises(KeyError):
        mixer.begin("b", 0, 8000)
    with pytest.raises(ValueError):
        mixer.begin("a", 0, 48000)
    mixer.begin("a", 0, 8000)
    with pytest.raises(ValueError):
        mixer.begin("a", 0, 8000)
