"""Gain, mix, peak and energy against plain integers."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aywa._native import pcm
from tests.kit.oracles import pcm as oracle

SAMPLES = st.lists(st.integers(-32768, 32767), max_size=500).map(oracle.to_pcm)
PAIRS = st.lists(st.tuples(st.integers(-32768, 32767), st.integers(-32768, 32767)), max_size=500)
EXTREMES = oracle.to_pcm([-32768, 32767] * 80)


@given(SAMPLES, st.integers(0, 65535))
@example(EXTREMES, 65535)
@example(EXTREMES, 32768)
def test_gain(samples: bytes, gain: int) -> None:
    assert pcm.apply_gain(samples, gain) == oracle.apply_gain(samples, gain)


def test_unity_gain_changes_nothing() -> None:
    every = oracle.to_pcm(list(range(-32768, 32768)))
    assert pcm.apply_gain(every, 32768) == every


@given(PAIRS)
@example([(-32768, -32768), (32767, 32767), (-32768, 32767)])
def test_mix(pairs: list[tuple[int, int]]) -> None:
    a, b = (oracle.to_pcm([pair[side] for pair in pairs]) for side in (0, 1))
    assert pcm.mix(a, b) == oracle.mix(a, b)


@given(SAMPLES)
@example(b"")
@example(EXTREMES)
def test_peak_and_energy(samples: bytes) -> None:
    assert pcm.peak_of(samples) == oracle.peak_of(samples)
    assert pcm.energy_of(samples) == oracle.energy_of(samples)


def test_faults_are_sentences() -> None:
    with pytest.raises(ValueError, match="Q15"):
        pcm.apply_gain(b"", 65536)
    with pytest.raises(ValueError, match="one length"):
        pcm.mix(b"\0\0", b"")
    with pytest.raises(ValueError, match="even"):
        pcm.peak_of(b"\0")


@given(SAMPLES, st.integers(1, 200))
@example(EXTREMES, 80)
def test_levels_are_those_of_each_whole_window(samples: bytes, window: int) -> None:
    values = oracle.words(samples)
    whole = [values[at : at + window] for at in range(0, len(values) - window + 1, window)]
    expected = [10 * math.log10(1 + sum(value**2 for value in part) / window) for part in whole]
    levels = pcm.levels_of(samples, window)
    assert len(levels) == len(expected)
    assert all(abs(got - want) <= 0.501 for got, want in zip(levels, expected, strict=True))


@pytest.mark.parametrize("window", [0, -1, 65536])
def test_a_window_has_a_length(window: int) -> None:
    with pytest.raises(ValueError, match="window"):
        pcm.levels_of(bytes(4), window)
