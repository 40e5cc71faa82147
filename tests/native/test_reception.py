"""Reception statistics in C against the twin written from RFC 3550 appendix A."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.reception import Reception
from tests.kit.oracles.reception import SlowReception

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("next"), st.integers(1, 40)),
        st.tuples(st.just("skip"), st.integers(-300, 5000)),
        st.tuples(st.just("any"), st.integers(0, 0xFFFF)),
        st.tuples(st.just("report"), st.integers(0, 2**64 - 1)),
        st.tuples(st.just("heard"), st.integers(0, 2**64 - 1)),
    ),
    max_size=60,
)


@given(st.integers(0, 0xFFFF), st.booleans(), STEPS)
def test_counts_as_the_twin(start: int, trusted: bool, steps: list[tuple[str, int]]) -> None:
    ours, slow = Reception(5, trusted=trusted), SlowReception(5, trusted=trusted)
    sequence = start
    for kind, value in steps:
        match kind:
            case "next":
                for _ in range(value):
                    sequence = (sequence + 1) % 65536
                    assert ours.packet(sequence) == slow.packet(sequence)
            case "skip" | "any":
                sequence = value if kind == "any" else (sequence + value) % 65536
                assert ours.packet(sequence) == slow.packet(sequence)
            case "report":
                assert ours.report(value) == slow.report(value)
            case _:
                ours.reported(value, value // 2)
                slow.reported(value, value // 2)
        assert (ours.expected, ours.lost) == (slow.expected, slow.lost)
    assert ours.report(7) == slow.report(7)


@given(
    st.sampled_from([8000, 16000, 48000]),
    st.integers(0, 2**32 - 1),
    st.lists(
        st.tuples(
            st.integers(-2000, 2000) | st.integers(0, 2**32 - 1), st.sampled_from([0, 0, 0, 0, 8000, 48000])
        )
    ),
)
def test_jitter_as_the_twin(clock_hz: int, start: int, arrivals: list[tuple[int, int]]) -> None:
    ours, slow = Reception(1, clock_hz), SlowReception(1, clock_hz)
    for count, (late, clock) in enumerate(arrivals):
        if clock:
            ours.clock(clock)
            slow.clock(clock)
        timestamp = (start + 160 * count) % 2**32
        arrival = (timestamp + late) % 2**32
        ours.timing(timestamp, arrival)
        slow.timing(timestamp, arrival)
        assert ours.report(0) == slow.report(0)


def test_a_million_packets_over_fifteen_wraps() -> None:
    ours = Reception(1)
    rng = Random(2)
    dropped = doubled = 0
    for index in range(60000, 1_060_000):
        if index not in (60000, 1_059_999) and rng.random() < 0.1:
            dropped += 1
            continue
        assert ours.packet(index & 0xFFFF)
        if rng.random() < 0.02:
            assert ours.packet(index & 0xFFFF)
            doubled += 1
    assert ours.expected == 1_000_000
    assert ours.lost == dropped - doubled
    assert ours.report(0)[3] == 1_059_999


def test_duplicates_make_the_loss_negative_and_the_fraction_zero() -> None:
    ours = Reception(1)
    for _ in range(10):
        ours.packet(5)
    assert ours.report(0)[1:3] == (0, -9)
    ours.packet(8)
    assert ours.report(0)[1:3] == (2 * 256 // 3, -7)
    assert ours.report(0)[1:3] == (0, -7)  # an interval without packets


def test_the_loss_is_kept_within_24_bits() -> None:
    ours = Reception(1)
    sequence = 0
    ours.packet(sequence)
    while ours.lost <= 0x7FFFFF:
        sequence = (sequence + 2999) % 65536
        ours.packet(sequence)
    assert ours.report(0)[2] == 0x7FFFFF
    double = Reception(1)
    for _ in range(0x800000 + 10):
        double.packet(9)
    assert double.lost == -(0x800000 + 9)
    assert double.report(0)[2] == -0x800000


def test_jitter_settles_on_the_mean_change() -> None:
    ours = Reception(1)
    for count in range(1000):
        ours.timing(160 * count, 160 * count + (80 if count % 2 else 0))
    assert ours.jitter_ms == pytest.approx(10, abs=0.2)
    ours.clock(48000)
    assert ours.jitter_ms == pytest.approx(10, abs=0.2)
    assert ours.report(0)[4] == pytest.approx(480, abs=10)
    ours.timing(0, 0)
    ours.timing(960, 2**31)  # a jump of the sender's clock is no jitter
    assert ours.jitter_ms == pytest.approx(10, abs=0.2)


def test_the_delay_since_the_last_report() -> None:
    ours = Reception(1)
    assert ours.report(5 << 32)[5:] == (0, 0)
    ours.reported(0x1234_5678_9ABC_DEF0, 5 << 32)
    assert ours.report(7 << 32 | 1 << 31)[5:] == (0x5678_9ABC, 5 * 65536 // 2)


def test_an_absurd_clock_is_refused() -> None:
    for clock_hz in (0, 192001):
        with pytest.raises(ValueError):
            Reception(1, clock_hz)
        with pytest.raises(ValueError):
            Reception(1).clock(clock_hz)
