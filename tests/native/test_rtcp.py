"""RTCP in C against its twin, on good, cut and mutated packets."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.reception import Reception
from aywa._native.rtcp import interval_ms, ntp_of, pack_report, parse_report, round_trip_us
from aywa.errors import ParseError
from tests.kit.mutate import mutated
from tests.kit.oracles import rtcp as slow

MUTATED_PACKETS = 100_000
OURS = 0xCAFE
_32 = st.integers(0, 2**32 - 1)
_64 = st.integers(0, 2**64 - 1)


def native(data: bytes | memoryview, our_ssrc: int = OURS) -> slow.Report | None:
    """What the kernel makes of a packet; None: refused."""
    try:
        return parse_report(data, our_ssrc)
    except ParseError:
        return None


def heard(seed: int) -> Reception:
    """A source with losses, jitter and a report behind it."""
    rng = Random(seed)
    source = Reception(rng.getrandbits(32))
    for index in range(60000, 60000 + rng.randrange(2, 9000)):
        if rng.random() < 0.9:
            source.packet(index & 0xFFFF)
            source.timing(index * 160 & 0xFFFFFFFF, index * 160 + rng.randrange(400) & 0xFFFFFFFF)
    source.reported(rng.getrandbits(64), rng.getrandbits(64))
    return source


def block(ssrc: int, fraction: int = 64, lost: int = -5) -> bytes:
    """A report block."""
    head = ssrc.to_bytes(4, "big") + bytes([fraction]) + (lost % 2**24).to_bytes(3, "big")
    return head + bytes(range(16))


SEEDS = [
    pack_report(OURS, b"name", (1, 2, 3), heard(1), 1 << 40),
    pack_report(7, b"n" * 32, None, heard(2), 1 << 41, bye=True),
    bytes([0x83, 200, 0, 24]) + bytes(range(24)) + block(1) + block(OURS) + block(2),
    bytes([0x81, 201, 0, 7, 0, 0, 0, 9]) + block(OURS) + bytes([0x80, 207, 0, 2]) + bytes(8),
    bytes([0x81, 205, 0, 2]) + bytes(8),
    bytes([0xA0, 206, 0, 3]) + bytes(8) + b"\0\0\0\4",
]

_BLOCKS = st.tuples(
    st.sampled_from([OURS, OURS + 1]) | _32,
    st.integers(0, 255),
    st.integers(-(2**23), 2**23 - 1),
    _32,
    _32,
    _32,
    _32,
)


@given(
    _32,
    st.binary(min_size=1, max_size=32),
    st.none() | st.tuples(_32, _32, _32),
    st.none() | st.integers(0, 50),
    _64,
    st.booleans(),
)
def test_writes_as_the_twin_and_reads_it_back(
    ssrc: int, cname: bytes, info: tuple[int, int, int] | None, seed: int | None, now: int, bye: bool
) -> None:
    source = None if seed is None else heard(seed)
    expected = None if seed is None else heard(seed).report(now)
    data = pack_report(ssrc, cname, info, source, now, bye)
    assert data == slow.pack(ssrc, cname, info, expected, now, bye)
    about = expected[0] if expected else 0
    report = (ssrc, (now, *info) if info else None, expected, ssrc if bye else None, 0)
    assert native(data, about) == report == slow.parse(data, about)


@given(st.lists(_BLOCKS, max_size=31), st.booleans(), st.integers(0, 4), st.binary(max_size=8))
def test_any_number_of_blocks_and_extensions(
    blocks: list[slow.Block], sender: bool, padding: int, extra: bytes
) -> None:
    extra = extra[: len(extra) // 4 * 4]
    body = bytes(range(24)) if sender else bytes(4)
    for item in blocks:
        body += item[0].to_bytes(4, "big") + bytes([item[1]]) + (item[2] % 2**24).to_bytes(3, "big")
        body += b"".join(word.to_bytes(4, "big") for word in item[3:])
    body += extra  # a profile may add to a report (section 6.4.3)
    body += bytes(4 * padding - 1) + bytes([4 * padding]) if padding else b""
    first = 0x80 | (0x20 if padding else 0) | len(blocks)
    data = bytes([first, 200 if sender else 201]) + (len(body) // 4).to_bytes(2, "big") + body
    report = native(data)
    assert report is not None
    assert report == slow.parse(data, OURS)
    ours = [item for item in blocks if item[0] == OURS]
    assert report[2] == (ours[-1] if ours else None)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert native(data) == slow.parse(data, OURS)


RR = bytes([0x80, 201, 0, 1, 0, 0, 0, 9])
REFUSED = {
    "empty": b"",
    "short": RR[:7],
    "version 1": b"\x40" + RR[1:],
    "an RTP type": b"\x80\x00" + RR[2:],
    "cut off": RR + RR[:6],
    "three bytes behind": RR + b"\x80\xc9\0",
    "longer than it is": b"\x80\xc9\0\2" + RR[4:],
    "blocks beyond the end": b"\x81" + RR[1:],
    "sender info beyond the end": b"\x80\xc8" + RR[2:],
    "sources of a BYE beyond the end": RR + bytes([0x82, 203, 0, 1]) + bytes(4),
    "padding in the middle": bytes([0xA0, 201, 0, 2]) + RR[4:] + b"\0\0\0\4" + RR,
    "padding of 0": bytes([0xA0, 201, 0, 2]) + RR[4:] + b"\0\0\0\0",
    "padding of 3": bytes([0xA0, 201, 0, 2]) + RR[4:] + b"\0\0\0\3",
    "padding over the header": bytes([0xA0, 201, 0, 2]) + RR[4:] + b"\0\0\0\x0c",
    "padding over the SSRC": bytes([0xA0, 201, 0, 2]) + RR[4:] + b"\0\0\0\x08",
    "a good packet before a bad one": SEEDS[0] + b"\0",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_refused(data: bytes) -> None:
    assert native(data) is None
    assert slow.parse(data, OURS) is None


def test_reduced_size_and_foreign_types_are_taken() -> None:
    assert native(SEEDS[4]) == (0, None, None, None, 1)
    assert native(SEEDS[5]) == (0, None, None, None, 1)
    report = native(SEEDS[3])
    assert report is not None
    assert report[0] == 9
    assert report[4] == 1
    bye = native(RR + bytes([0x82, 203, 0, 2]) + b"\0\0\0\1\0\0\0\2")
    assert bye == (9, None, None, 1, 0)


@pytest.fixture(scope="module")
def before_a_guard_page() -> Callable[[bytes], memoryview]:
    """Places bytes so that the one behind the last cannot be read."""
    page = mmap.PAGESIZE
    area = mmap.mmap(-1, 4 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(start + 3 * page), ctypes.c_size_t(page), 0) == 0

    def place(data: bytes) -> memoryview:
        at = 3 * page - len(data)
        area[at : 3 * page] = data
        return memoryview(area)[at : 3 * page]

    return place


def test_mutated_packets(before_a_guard_page: Callable[[bytes], memoryview]) -> None:
    taken = 0
    for data in mutated(SEEDS, MUTATED_PACKETS, seed=1):
        cut = data[:9000]
        report = native(before_a_guard_page(cut))
        assert report == slow.parse(cut, OURS)
        taken += report is not None
    # Bits that are flipped in fields are taken, lengths that no longer fit are not: both must have happened.
    assert MUTATED_PACKETS // 20 < taken < MUTATED_PACKETS * 19 // 20


@given(_64, st.integers(0, 30_000_000), st.integers(0, 30 * 65536))
def test_round_trip(sent: int, way_us: int, held: int) -> None:
    now = (sent + (way_us << 32) // 1_000_000 + (held << 16)) % 2**64
    echoed = sent >> 16 & 0xFFFFFFFF
    if echoed:
        assert round_trip_us(echoed, held, now) == pytest.approx(way_us, abs=32)
    assert round_trip_us(0, held, now) is None


def test_an_impossible_round_trip_is_none() -> None:
    now = 1000 << 32
    middle = now >> 16
    assert round_trip_us(middle, 0, now) == 0
    assert round_trip_us(middle, 60, now) == 0  # clocks that round
    assert round_trip_us(middle, 66, now) is None
    assert round_trip_us(middle - 60 * 65536, 0, now) == 60_000_000
    assert round_trip_us(middle - 60 * 65536 - 1, 0, now) is None


@given(
    st.integers(1, 1000),
    st.integers(0, 1000),
    st.booleans(),
    st.floats(20, 1500),
    st.floats(50, 100_000),
    st.booleans(),
    _64,
)
def test_the_interval_lies_in_its_range(
    members: int, senders: int, we_sent: bool, octets: float, rate: float, first: bool, seed: int
) -> None:
    senders = min(senders, members)
    interval, following = interval_ms(members, senders, we_sent, octets, rate, first, seed)
    least, most = (slow.interval_s(members, senders, we_sent, octets, rate, first, draw) for draw in (0, 1))
    if most < 1500:
        assert 1000 * least - 1 <= interval <= 1000 * most
    assert following != seed
    assert interval_ms(members, senders, we_sent, octets, rate, first, seed) == (interval, following)


def test_the_intervals_of_a_call_are_spread_evenly() -> None:
    seed, intervals = 1, []
    for _ in range(20_000):
        interval, seed = interval_ms(2, 2, True, 120, 400, False, seed)
        intervals.append(interval * 1.2182818 / 5000 - 0.5)
    assert -0.001 < min(intervals) < 0.001  # milliseconds are whole
    assert 0.999 < max(intervals) < 1
    assert sum(intervals) / len(intervals) == pytest.approx(0.5, abs=0.01)
    tenths = [sum(at / 10 <= value < (at + 1) / 10 for value in intervals) for at in range(10)]
    assert all(1800 < count < 2200 for count in tenths)


def test_the_first_interval_is_half_and_no_bandwidth_is_no_fault() -> None:
    assert all(1026 <= interval_ms(2, 1, True, 100, 1000, True, seed)[0] <= 3078 for seed in range(100))
    assert interval_ms(2, 1, True, 100, 0.0, False, 1)[0] <= 6157
    assert interval_ms(2, 1, True, 100, 1e-9, False, 1)[0] <= 1.5 * 3_600_000


@given(st.integers(0, 4_000_000_000 * 10**9))
def test_ntp_time(unix_ns: int) -> None:
    seconds, rest = divmod(unix_ns, 10**9)
    assert ntp_of(unix_ns) == ((seconds + 2208988800) % 2**32 << 32) + (rest << 32) // 10**9


def test_a_name_that_does_not_fit_is_refused() -> None:
    for name in (b"", b"n" * 33):
        with pytest.raises(ValueError):
            pack_report(1, name, None, None, 0)
