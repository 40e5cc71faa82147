"""The reorder buffer: rules one by one, then against a twin with unbounded sequence numbers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.reorder import ReorderBuffer
from tests.kit.lossy_order import disturb
from tests.kit.oracles.reorder import SlowReorder


def drain(buffer: ReorderBuffer) -> list[str]:
    """What comes out now: sequence numbers, and "-n" for a hole of n packets."""
    out = []
    while (popped := buffer.pop()) is not None:
        out.append(str(popped[1]) if popped[0] == "packet" else f"-{popped[1]}")
    return out


def feed(buffer: ReorderBuffer, *sequences: int, ssrc: int = 1) -> list[str]:
    """Push and drain one by one, as the engine does."""
    out = []
    for sequence in sequences:
        buffer.push(sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, b"x", ssrc=ssrc)
        out += drain(buffer)
    return out


def push(buffer: ReorderBuffer, sequence: int, ssrc: int = 1) -> str:
    return buffer.push(sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, b"x", ssrc=ssrc)


def test_order_costs_no_delay() -> None:
    assert feed(ReorderBuffer(), 7, 8, 9) == ["7", "8", "9"]


def test_a_swap_is_mended() -> None:
    assert feed(ReorderBuffer(), 1, 3, 2, 4) == ["1", "2", "3", "4"]


def test_a_hole_is_conceded_after_three_later_packets() -> None:
    buffer = ReorderBuffer()
    assert feed(buffer, 1, 3, 4) == ["1"]
    assert buffer.pending == 2
    assert feed(buffer, 5) == ["-1", "3", "4", "5"]
    assert push(buffer, 2) == "late"
    assert buffer.pending == 0


def test_a_hole_is_conceded_when_time_passed() -> None:
    buffer = ReorderBuffer()
    assert feed(buffer, 1, 4, 6) == ["1"]
    buffer.concede()
    # Only the hole that has waited: the one behind 4 may still fill.
    assert drain(buffer) == ["-2", "4"]
    assert feed(buffer, 5) == ["5", "6"]
    buffer.concede()
    assert feed(buffer, 8) == []


def test_the_hole_says_where_it_ends() -> None:
    buffer = ReorderBuffer()
    feed(buffer, 1)
    for sequence in (4, 5, 6):
        push(buffer, sequence)
    assert buffer.pop() == ("hole", 2, 640)
    assert buffer.pop() == ("packet", 4, 640, b"x", False, 0)


def test_all_of_a_packet_comes_back() -> None:
    buffer = ReorderBuffer()
    payload = bytes(range(240)) * 2
    buffer.push(9, 0xFFFFFFFF, payload, ssrc=5, marker=True, payload_type=101)
    assert buffer.pop() == ("packet", 9, 0xFFFFFFFF, payload, True, 101)
    assert buffer.push(10, 0, payload + b"x", ssrc=5) == "oversize"
    assert buffer.push(10, 0, b"", ssrc=5) == "accepted"
    assert buffer.pop() == ("packet", 10, 0, b"", False, 0)


def test_duplicates_waiting_and_given() -> None:
    buffer = ReorderBuffer()
    assert feed(buffer, 1, 3) == ["1"]
    assert push(buffer, 3) == "duplicate"
    assert push(buffer, 1) == "duplicate"
    assert feed(buffer, 2) == ["2", "3"]


def test_sequence_numbers_wrap() -> None:
    assert feed(ReorderBuffer(), 65534, 65535, 65537, 65536, 65538) == ["65534", "65535", "0", "1", "2"]


def test_a_stray_source_disturbs_nothing() -> None:
    buffer = ReorderBuffer()
    feed(buffer, 1, 2)
    assert push(buffer, 900, ssrc=2) == "suspect"
    assert feed(buffer, 3) == ["3"]
    # The good packet in between cleared it: two strays in a row are needed.
    assert push(buffer, 901, ssrc=2) == "suspect"
    assert feed(buffer, 4) == ["4"]


def test_a_new_source_costs_no_packet() -> None:
    buffer = ReorderBuffer()
    assert feed(buffer, 1, 2, 4) == ["1", "2"]
    assert push(buffer, 500, ssrc=2) == "suspect"
    assert push(buffer, 501, ssrc=2) == "reset"
    assert drain(buffer) == ["500", "501"]
    assert feed(buffer, 502, ssrc=2) == ["502"]


def test_a_restarted_sequence_is_followed() -> None:
    buffer = ReorderBuffer()
    feed(buffer, 40000, 40001)
    assert push(buffer, 10) == "suspect"
    assert push(buffer, 11) == "reset"
    assert drain(buffer) == ["10", "11"]


def test_an_outage_is_one_hole_of_known_size() -> None:
    buffer = ReorderBuffer()
    assert feed(buffer, 1, 2, 4) == ["1", "2"]
    assert push(buffer, 1000) == "suspect"
    assert push(buffer, 1001) == "accepted"
    assert drain(buffer) == ["-1", "4", "-995", "1000", "1001"]


def test_more_than_it_holds_is_refused() -> None:
    buffer = ReorderBuffer()
    push(buffer, 1)
    verdicts = [push(buffer, sequence) for sequence in range(3, 9)]
    assert verdicts == ["accepted"] * 4 + ["full"] * 2
    assert drain(buffer) == ["1", "-1", *map(str, range(3, 7))]


@given(
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.05, 0.3]),
    st.sampled_from([0, 1, 3, 8]),
)
def test_equals_the_twin_on_a_bad_network(first: int, seed: int, loss: float, displacement: int) -> None:
    rng = Random(seed)
    arrivals = disturb(range(first, first + 120), rng, loss=loss, repeat=0.1, displacement=displacement)
    fast, slow = ReorderBuffer(), SlowReorder()
    for index in arrivals:
        payload = index.to_bytes(4, "big")
        assert fast.push(index & 0xFFFF, 0, payload, ssrc=1) == slow.push(index, payload)
        if rng.random() < 0.1:
            fast.concede()
            slow.concede()
        while True:
            mine, theirs = fast.pop(), slow.pop()
            if mine is None or theirs is None:
                assert mine is theirs
                break
            if mine[0] == "packet":
                assert (mine[0], int.from_bytes(mine[3], "big")) == theirs
                assert mine[1] == theirs[1] & 0xFFFF
            else:
                assert mine[:2] == theirs


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2), st.booleans()), max_size=300))
def test_any_packets_leave_it_consistent(packets: list[tuple[int, int, bool]]) -> None:
    buffer = ReorderBuffer()
    for sequence, ssrc, concede in packets:
        push(buffer, sequence, ssrc)
        if concede:
            buffer.concede()
        drain(buffer)
        assert 0 <= buffer.pending < 3


@pytest.mark.parametrize("seed", range(3))
def test_no_packet_is_lost_or_swapped_within_two_places(seed: int) -> None:
    arrivals = disturb(range(70000), Random(seed), displacement=2)
    buffer = ReorderBuffer()
    out = [item for index in arrivals for item in feed(buffer, index)]
    first = arrivals[0]
    assert out == [str(index & 0xFFFF) for index in range(first, 70000)]
