"""Steady tones: what a window holds against numpy's transform, and what a stream of windows tells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aywa._native.beep import BeepListener
from aywa._native.tonal import measure
from tests.kit.oracles import beep as oracle
from tests.kit.recordings import read_recording

RATE = 8000


def sine(*hz: float, seconds: float, amplitude: float = 4000.0, phase: float = 0.3) -> NDArray[np.float64]:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(sum(amplitude * np.sin(2 * np.pi * each * t + phase) for each in hz))


def s16(pcm: NDArray[np.float64]) -> bytes:
    return np.clip(np.round(pcm), -32768, 32767).astype("<i2").tobytes()


def placed(tone: NDArray[np.float64], *, noise: float = 4.0, before_s: float = 0.5) -> tuple[bytes, int, int]:
    """The tone in a line's noise: the audio, and where the tone begins and ends."""
    begin = int(before_s * RATE)
    pcm = np.random.default_rng(3).normal(0, noise, begin + len(tone) + RATE // 2)
    pcm[begin : begin + len(tone)] += tone
    return s16(pcm), begin, begin + len(tone)


@given(
    st.floats(300, 2200),
    st.floats(500, 20000),
    st.floats(0, 6.28),
    st.floats(0, 300),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_a_window_against_the_slow_twin(
    hz: float, amplitude: float, phase: float, noise: float, seed: int
) -> None:
    pcm = sine(hz, seconds=0.04, amplitude=amplitude, phase=phase)
    pcm += np.random.default_rng(seed).normal(0, noise, len(pcm))
    window = np.frombuffer(s16(pcm), "<i2")
    found_hz, _, share, level = measure(window.tobytes())
    slow_hz, slow_share = oracle.measure(window)
    # The twin interpolates nothing: noise moves both, what leaks from a low tone's mirror image only one.
    assert found_hz == pytest.approx(slow_hz, abs=4 + 40 * noise / amplitude)
    if noise < amplitude / 8:
        assert share == pytest.approx(slow_share, abs=0.03)
    # Under a Hann window a sine keeps 3/8 of its energy; white noise too.
    assert level == pytest.approx(3 / 8 * (amplitude**2 / 2 + noise**2), rel=0.02 + 1.5 * noise / amplitude)


@pytest.mark.parametrize("hz", [400, 440, 700, 1000, 1400, 1998])
@pytest.mark.parametrize("seconds", [0.12, 0.4, 2.0])
def test_a_beep_is_found_where_it_is(hz: float, seconds: float) -> None:
    pcm, begin, end = placed(sine(hz, seconds=seconds), noise=200)
    (began, ended) = BeepListener().feed(pcm, 0)
    assert (began[0], ended[0]) == (False, True)
    assert ended[1] == pytest.approx(begin, abs=160)
    assert ended[2] == pytest.approx(end, abs=120)
    assert ended[4] == pytest.approx(hz, abs=6)


def test_two_tones_are_one_beep() -> None:
    pcm, begin, end = placed(sine(853, 960, seconds=0.5))
    (_, ended) = BeepListener().feed(pcm, 0)
    assert (ended[1], ended[2]) == (pytest.approx(begin, abs=160), pytest.approx(end, abs=120))
    assert sorted(ended[4:6]) == [pytest.approx(853, abs=6), pytest.approx(960, abs=6)]


def test_a_drifting_beep_is_one() -> None:
    t = np.arange(RATE) / RATE
    pcm, begin, end = placed(4000 * np.sin(2 * np.pi * (900 * t + 100 * t * t)))
    (_, ended) = BeepListener().feed(pcm, 0)
    assert (ended[1], ended[2]) == (pytest.approx(begin, abs=160), pytest.approx(end, abs=120))
    assert ended[3] == pytest.approx(904, abs=10)
    assert ended[4] == pytest.approx(1096, abs=10)


@pytest.mark.parametrize("pair", [(440, 480), (400, 450)])
def test_tones_that_beat_are_one(pair: tuple[float, float]) -> None:
    """Ringing tone of North America and Great Britain swells forty and fifty times a second."""
    pcm, begin, end = placed(sine(*pair, seconds=1.0))
    told = [each for each in BeepListener().feed(pcm, 0) if each[0]]
    assert len(told) == 1
    assert (told[0][1], told[0][2]) == (pytest.approx(begin, abs=320), pytest.approx(end, abs=320))


def test_one_tone_right_after_another_is_two() -> None:
    """Special information tones: three without a pause."""
    pcm, *_ = placed(np.concatenate([sine(hz, seconds=0.33) for hz in (950, 1400, 1800)]))
    ended = [each for each in BeepListener().feed(pcm, 0) if each[0]]
    assert [round(each[3], -1) for each in ended] == [950, 1400, 1800]


@pytest.mark.parametrize("seconds", [0.03, 0.06])
def test_what_is_too_short_is_nothing(seconds: float) -> None:
    pcm, *_ = placed(sine(1000, seconds=seconds))
    assert BeepListener().feed(pcm, 0) == []


@pytest.mark.parametrize("name", ["vm-intro", "vm-theperson", "digits/5", "demo-congrats", "vm-isunavail"])
def test_a_voice_holds_no_high_tone(name: str) -> None:
    told = BeepListener().feed(read_recording(name), 0)
    assert [each for each in told if each[0] and each[2] - each[1] > 1000 and each[4] > 500] == []


def test_the_recorded_beep() -> None:
    (_, ended) = BeepListener().feed(read_recording("beep") + bytes(3200), 0)
    assert ended[4] == pytest.approx(700, abs=4)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_the_cut_into_pieces_cannot_be_heard(cuts: list[int]) -> None:
    pcm, *_ = placed(sine(700, seconds=0.3))
    whole = BeepListener().feed(pcm, 0)
    listener, told, at = BeepListener(), [], 0
    while at < len(pcm) // 2:
        step = cuts[at % len(cuts)]
        told += listener.feed(pcm[2 * at : 2 * (at + step)], at)
        at += step
    assert told == whole


def test_a_hole_ends_a_tone() -> None:
    pcm = s16(sine(700, seconds=0.3))
    listener = BeepListener()
    assert [each[0] for each in listener.feed(pcm, 0)] == [False]
    assert [each[0] for each in listener.feed(pcm, 24_000)][:1] == [True]


def test_levels_tell_every_window() -> None:
    listener = BeepListener()
    listener.feed(s16(sine(500, seconds=0.1)), 800)
    levels = listener.levels()
    assert [sample for sample, _ in levels] == [720 + 80 * k for k in range(10)]
    assert levels[-1][1] == pytest.approx(4000**2 * 3 / 16, rel=0.02)
    assert listener.levels() == []


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="even number"):
        BeepListener().feed(b"123", 0)
    with pytest.raises(ValueError, match="320 samples"):
        measure(bytes(10))
