"""RFC 4733 both ways: what one side sends over a bad network, the other reports once."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.telephone_event import DigitEvents, DigitTransmitter
from tests.kit.lossy_order import disturb
from tests.kit.oracles.telephone_event import SlowDigitEvents

Packet = tuple[bytes, int, bool]
STEP = 160
LIMIT = 800


def press(event: int, timestamp: int, duration: int = 800) -> list[Packet]:
    """All packets of one press."""
    sender = DigitTransmitter()
    sender.start(event, duration, timestamp & 0xFFFFFFFF)
    packets = []
    while (packet := sender.next(STEP)) is not None:
        packets.append(packet)
    return packets


def update(event: int, duration: int, *, end: bool = False) -> bytes:
    return bytes([event, 0x8A if end else 0x0A]) + duration.to_bytes(2, "big")


def test_a_press_as_rfc_4733_section_2_5_sends_it() -> None:
    packets = press(11, 5000, 400)
    assert [payload.hex() for payload, _, _ in packets] == [
        "0b0a00a0",
        "0b0a0140",
        "0b8a0190",
        "0b8a0190",
        "0b8a0190",
    ]
    assert [timestamp for _, timestamp, _ in packets] == [5000] * 5
    assert [marker for _, _, marker in packets] == [True, False, False, False, False]


def test_a_press_shorter_than_a_packet_is_three_end_packets() -> None:
    assert [(payload.hex(), marker) for payload, _, marker in press(1, 0, 80)] == [
        ("018a0050", True),
        ("018a0050", False),
        ("018a0050", False),
    ]


def test_one_press_at_a_time() -> None:
    sender = DigitTransmitter()
    assert sender.next(STEP) is None
    sender.start(1, 160, 0)
    with pytest.raises(ValueError, match="being sent"):
        sender.start(2, 160, 0)
    while sender.next(STEP):
        pass
    sender.start(2, 160, 1000)


@pytest.mark.parametrize(
    ("event", "duration", "volume"), [(16, 1, 0), (-1, 1, 0), (0, 0, 0), (0, 65536, 0), (0, 1, 64)]
)
def test_impossible_presses_are_refused(event: int, duration: int, volume: int) -> None:
    with pytest.raises(ValueError, match="a press has"):
        DigitTransmitter().start(event, duration, 0, volume)


def receive_all(receiver: DigitEvents, packets: list[Packet]) -> list[tuple[int, int]]:
    return [found for packet in packets for found in receiver.receive(*packet)]


def test_a_clean_press_is_reported_at_its_first_end_packet() -> None:
    receiver = DigitEvents()
    reports = [receiver.receive(*packet) for packet in press(5, 1000)]
    assert reports == [[], [], [], [], [(5, 800)], [], []]


def test_the_same_key_twice_is_two_presses() -> None:
    receiver = DigitEvents()
    assert receive_all(receiver, press(5, 1000) + press(5, 2600)) == [(5, 800), (5, 800)]


def test_a_missing_marker_does_not_matter() -> None:
    receiver = DigitEvents()
    assert receive_all(receiver, [(p, t, False) for p, t, _ in press(5, 1000)]) == [(5, 800)]
    assert receive_all(receiver, press(6, 9000)[3:]) == [(6, 800)]
    assert receive_all(receiver, press(7, 19000)[-1:]) == [(7, 800)]


def test_a_lost_end_is_found_by_time() -> None:
    receiver = DigitEvents()
    assert receive_all(receiver, press(5, 1000)[:3]) == []
    assert [receiver.elapse(STEP, LIMIT) for _ in range(5)] == [[], [], [], [], [(5, 480)]]
    assert receiver.elapse(STEP, LIMIT) == []
    # The end turns up after all: the press was counted.
    assert receive_all(receiver, press(5, 1000)[4:]) == []


def test_updates_keep_a_press_alive() -> None:
    receiver = DigitEvents()
    for packet in press(5, 1000, 8000)[:40]:
        assert receiver.receive(*packet) == []
        assert receiver.elapse(STEP, LIMIT) == []


def test_a_lost_end_is_found_by_the_next_press() -> None:
    receiver = DigitEvents()
    assert receive_all(receiver, press(5, 1000)[:3] + press(6, 3000)) == [(5, 480), (6, 800)]


def test_one_packet_may_finish_two_presses() -> None:
    receiver = DigitEvents()
    receive_all(receiver, press(5, 1000)[:3])
    assert receiver.receive(update(6, 800, end=True), 3000) == [(5, 480), (6, 800)]
    assert receiver.receive(update(6, 800, end=True), 3000) == []


def test_a_press_seen_only_by_its_late_end_is_reported() -> None:
    receiver = DigitEvents()
    receive_all(receiver, press(6, 3000)[:2])
    assert receiver.receive(update(5, 800, end=True), 1000) == [(5, 800)]
    assert receiver.receive(update(5, 800, end=True), 1000) == []
    assert receive_all(receiver, press(6, 3000)[2:]) == [(6, 800)]


def test_a_late_update_of_an_older_press_does_not_end_the_one_going_on() -> None:
    receiver = DigitEvents()
    receive_all(receiver, press(6, 3000)[:2])
    assert receiver.receive(update(5, 160), 1000) == []
    assert receive_all(receiver, press(6, 3000)[2:]) == [(6, 800)]


def test_timestamps_wrap() -> None:
    receiver = DigitEvents()
    start = 2**32 - 100
    assert receive_all(receiver, press(1, start) + press(2, start + 1600)) == [(1, 800), (2, 800)]


def test_a_long_press_in_segments_is_one_press() -> None:
    """RFC 4733 section 2.5.1.3: at 65535 samples a new segment begins, with a new timestamp and no marker."""
    receiver = DigitEvents()
    assert receiver.receive(update(5, 65440), 1000, True) == []
    assert receiver.receive(update(5, 65535), 1000) == []
    assert receiver.receive(update(5, 160), 1000 + 65535) == []
    assert receiver.receive(update(5, 320, end=True), 1000 + 65535) == [(5, 65855)]


@pytest.mark.parametrize("payload", [b"", b"\x05\x8a\x03", b"\x10\x8a\x03\x20", b"\xff\x8a\x03\x20"])
def test_what_is_not_dtmf_is_ignored(payload: bytes) -> None:
    assert DigitEvents().receive(payload, 1, True) == []


@given(st.binary(max_size=8), st.integers(0, 2**32 - 1), st.booleans())
def test_any_payload_is_survived(payload: bytes, timestamp: int, marker: bool) -> None:
    receiver = DigitEvents()
    for found in receiver.receive(payload, timestamp, marker) + receiver.elapse(STEP, STEP):
        assert 0 <= found[0] <= 15


KEYS = st.lists(st.tuples(st.integers(0, 15), st.integers(400, 3000)), min_size=1, max_size=12)


@given(KEYS, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_every_press_once_on_a_network_that_repeats_and_swaps(
    keys: list[tuple[int, int]], start: int, seed: int
) -> None:
    packets, at = [], start
    for event, duration in keys:
        packets += press(event, at, duration)
        at += duration + 800
    arrivals = disturb(packets, Random(seed), repeat=0.3, displacement=3)
    assert [found[0] for found in receive_all(DigitEvents(), arrivals)] == [event for event, _ in keys]


@given(KEYS, st.integers(0, 2**32 - 1))
def test_every_press_once_on_a_network_that_loses(keys: list[tuple[int, int]], seed: int) -> None:
    """As long as one packet of each press arrives, whichever it is."""
    rng = Random(seed)
    receiver, found, at = DigitEvents(), [], 0
    for event, duration in keys:
        packets = press(event, at, duration)
        kept = disturb(packets, rng, loss=0.5) or [rng.choice(packets)]
        found += receive_all(receiver, kept)
        at += duration + 800
    found += receiver.elapse(LIMIT, LIMIT)
    assert [event for event, _ in found] == [event for event, _ in keys]


@given(KEYS, st.integers(0, 2**32 - 1))
def test_equals_the_twin_on_presses_in_order(keys: list[tuple[int, int]], seed: int) -> None:
    rng = Random(seed)
    fast, slow, at = DigitEvents(), SlowDigitEvents(), 0
    for event, duration in keys:
        for payload, timestamp, marker in disturb(press(event, at, duration), rng, loss=0.3, repeat=0.2):
            assert fast.receive(payload, timestamp, marker) == slow.receive(payload, timestamp)
        at += duration + 800
