"""RFC 4733 both ways: what one side sends over a bad network, the other reports once."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.reorder import ReorderBuffer
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
        *["0b8a0190"] * 6,
    ]
    assert [timestamp for _, timestamp, _ in packets] == [5000] * 8
    assert [marker for _, _, marker in packets] == [True] + [False] * 7


def test_a_press_of_many_updates_ends_with_three_end_packets() -> None:
    packets = [payload for payload, _, _ in press(11, 5000, 1600)]
    assert [payload[1] >> 7 for payload in packets] == [0] * 9 + [1] * 3


def test_a_press_shorter_than_a_packet_is_eight_end_packets() -> None:
    assert [(payload.hex(), marker) for payload, _, marker in press(1, 0, 80)] == [
        ("018a0050", True),
        *[("018a0050", False)] * 7,
    ]


def test_a_press_beyond_the_duration_field_goes_on_in_segments() -> None:
    packets = press(5, 2**32 - 1000, 131_500)
    assert max(int.from_bytes(payload[2:], "big") for payload, _, _ in packets) == 65535
    assert list(dict.fromkeys(timestamp for _, timestamp, _ in packets)) == [2**32 - 1000, 64535, 130_070]
    assert [marker for _, _, marker in packets] == [True] + [False] * (len(packets) - 1)
    assert receive_all(DigitEvents(), packets) == [(5, 131_500)]
    assert [payload[1] >> 7 for payload, _, _ in packets[-4:]] == [0, 1, 1, 1]
    for lost in range(len(packets) - 1):
        assert receive_all(DigitEvents(), packets[:lost] + packets[lost + 1 :]) == [(5, 131_500)]


def test_the_next_press_waits_for_its_gap() -> None:
    sender = DigitTransmitter()
    assert sender.is_ready(800)
    sender.start(5, 1600, 0)
    ready = []
    for _ in range(16):
        sender.next(STEP)
        ready.append(sender.is_ready(800))
    assert ready == [False] * 14 + [True] * 2  # the end is at the 10th packet, 800 samples are five


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
    ("event", "duration", "volume"), [(16, 1, 0), (-1, 1, 0), (0, 0, 0), (0, 5_760_001, 0), (0, 1, 64)]
)
def test_impossible_presses_are_refused(event: int, duration: int, volume: int) -> None:
    with pytest.raises(ValueError, match="a press has"):
        DigitTransmitter().start(event, duration, 0, volume)


def receive_all(receiver: DigitEvents, packets: list[Packet]) -> list[tuple[int, int]]:
    return [found for packet in packets for found in receiver.receive(*packet)]


def test_a_clean_press_is_reported_at_its_first_end_packet() -> None:
    receiver = DigitEvents()
    reports = [receiver.receive(*packet) for packet in press(5, 1000)]
    assert reports == [[], [], [], [], [(5, 800)], [], [], []]


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


def test_a_timestamp_used_again_is_a_new_press() -> None:
    """Some senders leave the timestamp where it was: marker, duration and event code tell."""
    receiver = DigitEvents()
    one, two = press(5, 1000), press(6, 1000)
    assert receive_all(receiver, one + one) == [(5, 800)] * 2
    assert receive_all(receiver, one[1:]) == [(5, 800)]  # without its marker
    assert receive_all(receiver, two + one) == [(6, 800), (5, 800)]
    assert receive_all(receiver, one[:3] + two) == [(5, 480), (6, 800)]  # all three ends lost
    assert receive_all(receiver, press(6, 1000, 560)[-1:]) == [(6, 560)]  # nothing but one end


def test_a_new_timestamp_in_every_packet_is_one_press() -> None:
    """Others count it on with every update."""
    wrong = [(p, 1000 + STEP * number, m) for number, (p, _, m) in enumerate(press(5, 1000))]
    receiver = DigitEvents()
    assert receive_all(receiver, wrong) == [(5, 800)]
    assert receive_all(receiver, [(p, t + 4000, m) for p, t, m in wrong[1:]]) == [(5, 800)]
    assert receive_all(receiver, [(p, t + 8000, m) for p, t, m in wrong[::2]]) == [(5, 800)]


def test_one_duration_in_every_packet() -> None:
    receiver = DigitEvents()
    fixed = [(bytes([p[0], p[1]]) + b"\x01\x90", t, m) for p, t, m in press(5, 1000)]
    assert receive_all(receiver, fixed) == [(5, 400)]
    assert receive_all(receiver, fixed) == [(5, 400)]  # the timestamp used again: its marker tells
    assert receive_all(receiver, [(p, t + 1600, m) for p, t, m in fixed[1:]]) == [(5, 400)]


def test_a_marker_in_every_packet() -> None:
    receiver = DigitEvents()
    assert (
        receive_all(receiver, [(p, t, True) for p, t, _ in press(5, 1000) + press(5, 2600)]) == [(5, 800)] * 2
    )


def test_packets_of_no_duration_keep_a_path_open_and_are_no_presses() -> None:
    receiver = DigitEvents()
    idle = [(update(0, 0), 500, True), (update(0, 0), 700, False), (update(0, 0, end=True), 700, False)]
    assert receive_all(receiver, idle) == []
    assert not receiver.seen
    assert receive_all(receiver, [(update(5, 0), 1000, True), *press(5, 1000)[:2], *idle]) == []
    assert receiver.seen
    assert receive_all(receiver, [(update(5, 0), 1000, False), *press(5, 1000)[2:]]) == [(5, 800)]


def test_a_clock_set_back_does_not_swallow_presses() -> None:
    receiver = DigitEvents()
    assert receive_all(receiver, press(5, 900_000) + press(6, 1000)) == [(5, 800), (6, 800)]
    assert receive_all(receiver, press(7, 500)) == [(7, 800)]  # a little back: its marker tells
    assert receive_all(receiver, press(8, 2**31 + 500)[1:]) == [(8, 800)]


@pytest.mark.parametrize("step", [80, 160, 480])
def test_durations_of_other_clocks_come_in_8_khz_samples(step: int) -> None:
    for clock_hz in (16000, 44100, 48000):
        sender, receiver, found = DigitTransmitter(), DigitEvents(clock_hz), []
        sender.start(9, 2 * clock_hz, 77)  # two seconds: segments at 44.1 and 48 kHz
        while (packet := sender.next(step * clock_hz // 8000)) is not None:
            found += receiver.receive(*packet)
        assert found == [(9, 16000)]


@pytest.mark.parametrize("clock_hz", [7999, 0, 192_001])
def test_impossible_clocks_are_refused(clock_hz: int) -> None:
    with pytest.raises(ValueError, match="event clock"):
        DigitEvents(clock_hz)


def test_a_segment_after_an_outage_is_not_another_press() -> None:
    receiver = DigitEvents()
    receive_all(receiver, [(update(5, 65440), 1000, True)])
    assert receiver.elapse(LIMIT, LIMIT) == [(5, 65440)]
    assert receive_all(receiver, [(update(5, n), 66535, False) for n in (160, 320)]) == []
    assert receiver.receive(update(5, 400, end=True), 66535) == []
    assert receive_all(receiver, press(5, 68000)) == [(5, 800)]


@given(KEYS, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_every_press_once_on_a_network_that_repeats_and_swaps(
    keys: list[tuple[int, int]], start: int, seed: int
) -> None:
    packets, at = [], start
    for event, duration in keys:
        packets += press(event, at, duration)
        at += duration + 800
    receiver, order, found = DigitEvents(), ReorderBuffer(), []
    order.push(65535, 0, b"")
    for number, (payload, timestamp, marker) in disturb(
        list(enumerate(packets)), Random(seed), repeat=0.3, displacement=2
    ):
        order.push(number, timestamp, payload, marker=marker)
        while (popped := order.pop()) is not None:
            assert popped[0] == "packet"
            found += receiver.receive(popped[3], popped[2], popped[4])
    assert [event for event, _ in found] == [event for event, _ in keys]


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
