"""Indices and replay windows against what they mean: the nearest index, a set of those taken."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.srtp_replay import ReplayWindow, estimated_index

SIZES = pytest.mark.parametrize("size", [64, 128])


def nearest(last: int, sequence: int) -> set[int]:
    """The indices of a sequence nearest to the highest so far: two of them half a range away."""
    rolled = last >> 16
    indices = [r << 16 | sequence for r in (rolled - 1, rolled, rolled + 1) if r >= 0]
    distance = min(abs(index - last) for index in indices)
    return {index for index in indices if abs(index - last) == distance}


@given(
    st.one_of(st.integers(0, 2**48 - 1), st.integers(65536, 2**20), st.integers(2**48 - 70000, 2**48 - 1)),
    st.integers(0, 65535),
)
def test_the_index_nearest_to_the_highest(last: int, sequence: int) -> None:
    if last < 32768:  # nothing is before roll-over 0
        assert estimated_index(last, sequence) == sequence
    else:
        assert estimated_index(last, sequence) in nearest(last, sequence)


def test_the_first_packet_begins_at_roll_over_0() -> None:
    assert estimated_index(-1, 65535) == 65535
    assert estimated_index(2**48 - 1, 0) == 2**48  # which no key may be used for
    for last, sequence in ((-2, 0), (2**48, 0), (0, 65536), (0, -1)):
        with pytest.raises(ValueError):
            estimated_index(last, sequence)


@SIZES
@given(st.lists(st.integers(-150, 150), max_size=300), st.integers(0, 2**40))
def test_the_window_as_a_set(size: int, steps: list[int], start: int) -> None:
    window, taken, index = ReplayWindow(size), set[int](), start
    for step in steps:
        index = max(0, index + step)
        new = index not in taken and index > max(taken, default=-1) - size
        assert window.take(index) == new, index
        if new:
            taken.add(index)


@SIZES
def test_the_window_moves_by_any_distance(size: int) -> None:
    for distance in (*range(1, 2 * size + 2), 2**20, 2**47):
        window = ReplayWindow(size)
        before = [index for index in range(0, size, 3) if window.take(index)]
        highest = before[-1] + distance
        assert window.take(highest)
        for index in range(max(0, highest - size - 5), highest):
            new = index > highest - size and index not in before
            assert window.take(index) == new, (distance, index)
            assert not window.take(index)


@SIZES
def test_a_long_stream_is_taken_once(size: int) -> None:
    rng = Random(1)
    window = ReplayWindow(size)
    for start in range(0, 20000, size // 2):
        block = list(range(start, start + size // 2))
        rng.shuffle(block)
        assert all(window.take(index) for index in block)
        assert not any(window.take(index) for index in block)


def test_other_windows_are_refused() -> None:
    with pytest.raises(ValueError):
        ReplayWindow(32)
    with pytest.raises(ValueError):
        ReplayWindow(128).take(2**48)
