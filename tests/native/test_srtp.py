"""SRTP as the engine uses it, against SRTP written out from the RFCs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.srtp import (
    BAD_TAG,
    CROWDED,
    FAILED,
    KEY_SIZES,
    MALFORMED,
    REPLAY,
    SOURCES,
    SUITES,
    CryptSession,
)
from tests.kit.malloc import allocated
from tests.kit.mutate import mutated
from tests.kit.oracles.srtp import SlowSrtp

EVERY_SUITE = pytest.mark.parametrize("suite", range(len(SUITES)), ids=SUITES)
STRANGERS = 10_000
MUTATIONS = 100_000


def keys(suite: int, seed: int = 1) -> tuple[bytes, bytes]:
    """A key of each direction."""
    rng = Random(seed)
    return rng.randbytes(KEY_SIZES[suite]), rng.randbytes(KEY_SIZES[suite])


def rtp(index: int, ssrc: int = 7, payload: bytes = b"sound" * 32) -> bytes:
    """The packet of an extended sequence number."""
    sequence, timestamp = index & 0xFFFF, index * 160 & 0xFFFFFFFF
    head = bytes([0x80, 0]) + sequence.to_bytes(2, "big") + timestamp.to_bytes(4, "big")
    return head + ssrc.to_bytes(4, "big") + payload


def rtcp(ssrc: int = 7) -> bytes:
    """A receiver report without blocks, and a BYE."""
    return (
        bytes([0x80, 201, 0, 1])
        + ssrc.to_bytes(4, "big")
        + bytes([0x81, 203, 0, 1])
        + ssrc.to_bytes(4, "big")
    )


class Pair:
    """Two ends of a call, and the slow twin of what the first sends."""

    def __init__(self, suite: int) -> None:
        near, far = keys(suite)
        self.sender = CryptSession(suite, near, far)
        self.receiver = CryptSession(suite, far, near)
        self.slow = SlowSrtp(SUITES[suite], near)


PACKETS = st.tuples(
    st.integers(0, 15), st.none() | st.integers(0, 5), st.integers(0, 127), st.integers(0, 2**32 - 1),
    st.binary(max_size=400),
)  # fmt: skip


@EVERY_SUITE
@given(PACKETS, st.integers(0, 0x7FFF))
def test_the_twin_makes_and_takes_the_same_packets(
    suite: int, shape: tuple[int, int | None, int, int, bytes], sequence: int
) -> None:
    csrcs, extension, kind, ssrc, payload = shape
    first = 0x80 | csrcs | (0x10 if extension is not None else 0)
    packet = bytes([first, kind]) + rtp(sequence, ssrc)[2:12] + bytes(4 * csrcs)
    if extension is not None:
        packet += b"\xbe\xde" + extension.to_bytes(2, "big") + bytes(4 * extension)
    packet += payload
    pair = Pair(suite)
    sealed = pair.sender.protect(packet)
    assert sealed == pair.slow.protect(packet, sequence)
    assert pair.receiver.unprotect(sealed) == packet
    assert pair.slow.unprotect(sealed, sequence) == packet


@EVERY_SUITE
@given(st.binary(max_size=400), st.integers(0, 2**32 - 1), st.integers(1, 2**31 - 1))
def test_the_twin_makes_and_takes_the_same_reports(suite: int, body: bytes, ssrc: int, index: int) -> None:
    pair = Pair(suite)
    packet = bytes([0x80, 201, 0, 1]) + ssrc.to_bytes(4, "big") + body
    for count in range(1, 4):
        sealed = pair.sender.protect_rtcp(packet)
        assert isinstance(sealed, bytes)
        opened = pair.slow.unprotect_rtcp(sealed)
        assert opened is not None
        assert opened[0] == packet
        assert sealed == pair.slow.protect_rtcp(packet, opened[1])
        assert opened[1] in (count - 1, count)
    assert pair.receiver.unprotect_rtcp(pair.slow.protect_rtcp(packet, index)) == packet
    assert pair.receiver.unprotect_rtcp(pair.slow.protect_rtcp(packet, index)) == REPLAY


@EVERY_SUITE
@pytest.mark.parametrize("start", [0, 32767, 65000, 65530, 65535])
def test_the_roll_over_counter_follows_three_wraps(suite: int, start: int) -> None:
    pair = Pair(suite)
    step = 97  # a sparse stream wraps as a dense one does, in fewer packets
    for index in range(start, start + 3 * 65536, step):
        sealed = pair.sender.protect(rtp(index))
        if index < start + 2 * step or index % 65536 < 2 * step or index % 65536 > 65535 - 2 * step:
            assert sealed == pair.slow.protect(rtp(index), index)
        assert isinstance(sealed, bytes)
        assert pair.receiver.unprotect(sealed) == rtp(index)


@EVERY_SUITE
def test_reordering_around_the_wrap(suite: int) -> None:
    pair = Pair(suite)
    rng = Random(3)
    for wrap in (65536, 131072):
        order = list(range(wrap - 60, wrap + 60))
        assert pair.receiver.unprotect(pair.slow.protect(rtp(wrap - 61), wrap - 61)) == rtp(wrap - 61)
        for at in range(0, len(order), 12):
            part = order[at : at + 12]
            rng.shuffle(part)
            order[at : at + 12] = part
        # The block that straddles the wrap is shuffled across it.
        middle = order[54:66]
        rng.shuffle(middle)
        order[54:66] = middle
        for index in order:
            assert pair.receiver.unprotect(pair.slow.protect(rtp(index), index)) == rtp(index), index
        for index in order:
            assert pair.receiver.unprotect(pair.slow.protect(rtp(index), index)) == REPLAY
        if wrap == 65536:  # walk to the next wrap as a stream with gaps would
            for index in range(wrap + 60, 131072 - 61, 20000):
                assert isinstance(pair.receiver.unprotect(pair.slow.protect(rtp(index), index)), bytes)


@EVERY_SUITE
def test_the_window_holds_127_late_packets(suite: int) -> None:
    pair = Pair(suite)
    sealed = [pair.slow.protect(rtp(index), index) for index in range(300)]
    assert pair.receiver.unprotect(sealed[299]) == rtp(299)
    assert pair.receiver.unprotect(sealed[299 - 127]) == rtp(299 - 127)
    assert pair.receiver.unprotect(sealed[299 - 127]) == REPLAY
    assert pair.receiver.unprotect(sealed[299 - 128]) == REPLAY
    assert pair.receiver.unprotect(sealed[0]) == REPLAY


@EVERY_SUITE
def test_another_ssrc_in_mid_call_has_its_own_counter(suite: int) -> None:
    pair = Pair(suite)
    for index in range(65500, 65600):
        assert pair.receiver.unprotect(pair.sender.protect(rtp(index))) == rtp(index)  # type: ignore[arg-type]
    for index in range(65500, 65600):
        sealed = pair.sender.protect(rtp(index, ssrc=8))
        assert sealed == pair.slow.protect(rtp(index, ssrc=8), index)
        assert pair.receiver.unprotect(sealed) == rtp(index, ssrc=8)
    again = pair.slow.protect(rtp(65600), 65600)
    assert pair.receiver.unprotect(again) == rtp(65600)
    assert pair.receiver.sources == (0, 2)
    assert pair.sender.sources == (2, 0)


@EVERY_SUITE
def test_a_bad_packet_changes_nothing(suite: int) -> None:
    pair = Pair(suite)
    rng = Random(5)
    for index in range(65400, 65700):
        sealed = pair.slow.protect(rtp(index), index)
        for _ in range(3):
            broken = bytearray(sealed)
            # Not the sequence, which says what a replay is.
            broken[rng.choice([1, *range(4, 8), *range(12, len(sealed))])] ^= 1 << rng.randrange(8)
            assert pair.receiver.unprotect(broken) == BAD_TAG
        ahead = bytearray(pair.slow.protect(rtp(index + 30000), index + 30000))
        ahead[-1] ^= 1
        assert pair.receiver.unprotect(ahead) == BAD_TAG
        assert pair.receiver.unprotect(sealed) == rtp(index)
        assert pair.receiver.unprotect(sealed) == REPLAY
    report = pair.slow.protect_rtcp(rtcp(), 9)
    assert pair.receiver.unprotect_rtcp(report[:-1] + bytes([report[-1] ^ 1])) == BAD_TAG
    assert pair.receiver.unprotect_rtcp(report) == rtcp()
    assert pair.receiver.unprotect_rtcp(report) == REPLAY


@EVERY_SUITE
def test_what_is_no_packet_is_malformed(suite: int) -> None:
    pair = Pair(suite)
    sealed = pair.slow.protect(rtp(1), 1)
    tag = len(sealed) - len(rtp(1))
    for broken in (
        b"",
        sealed[:11],
        sealed[: 11 + tag],
        b"\x40" + sealed[1:],
        b"\x90" + sealed[1:14] + b"\xff" * 40,
    ):
        assert pair.receiver.unprotect(broken) == MALFORMED
    assert pair.receiver.unprotect(b"\x8f" + sealed[1 : 20 + tag]) == MALFORMED
    report = pair.slow.protect_rtcp(rtcp(), 9)
    for broken in (b"", report[:7], report[:20], b"\x40" + report[1:]):
        assert pair.receiver.unprotect_rtcp(broken) == MALFORMED
    assert pair.sender.protect(b"") == FAILED
    assert pair.sender.protect(b"\x40" + bytes(20)) == FAILED
    assert pair.sender.protect_rtcp(b"\x80\xc9\0\0") == FAILED
    assert isinstance(pair.sender.protect(rtp(1)), bytes)
    assert pair.sender.protect(rtp(1)) == FAILED  # an index twice would give the keystream away
    with pytest.raises(ValueError):
        pair.sender.protect(bytes(2049))


@EVERY_SUITE
def test_sources_are_bounded(suite: int) -> None:
    pair = Pair(suite)
    for ssrc in range(SOURCES):
        assert pair.receiver.unprotect(pair.slow.protect(rtp(1, ssrc), 1)) == rtp(1, ssrc)
    for ssrc in range(SOURCES, SOURCES + 5):
        assert pair.receiver.unprotect(pair.slow.protect(rtp(1, ssrc), 1)) == CROWDED
        assert pair.receiver.unprotect_rtcp(pair.slow.protect_rtcp(rtcp(ssrc), 1)) == CROWDED
    for ssrc in range(SOURCES):
        assert pair.receiver.unprotect(pair.slow.protect(rtp(2, ssrc), 2)) == rtp(2, ssrc)
        assert pair.receiver.unprotect_rtcp(pair.slow.protect_rtcp(rtcp(ssrc), 1)) == rtcp(ssrc)
        assert isinstance(pair.sender.protect(rtp(1, ssrc)), bytes)
    assert pair.sender.protect(rtp(1, SOURCES)) == CROWDED
    assert pair.sender.sources == (SOURCES, 0)
    assert pair.receiver.sources == (0, SOURCES)


@EVERY_SUITE
def test_strangers_make_nothing_grow(suite: int) -> None:
    pair = Pair(suite)
    rng = Random(7)
    good = pair.slow.protect(rtp(1), 1)
    assert pair.receiver.unprotect(good) == rtp(1)

    def spray(count: int) -> None:
        for _ in range(count):
            ssrc = rng.getrandbits(32) | 1 << 31
            packet = bytes([0x80, 0]) + rng.randbytes(6) + ssrc.to_bytes(4, "big") + rng.randbytes(180)
            assert pair.receiver.unprotect(packet) == BAD_TAG
            # The E flag is set wherever the suite looks for it: a report in clear is malformed, not forged.
            report = bytes([0x80, 200]) + packet[2:4] + packet[8:12] + bytes(b | 0x80 for b in packet[12:])
            assert pair.receiver.unprotect_rtcp(report) == BAD_TAG

    spray(100)
    before = allocated()
    spray(STRANGERS)
    # One stream alone takes several hundred bytes; what Python keeps besides is a few kilobytes.
    assert allocated() - before < 64 * 1024
    assert pair.receiver.sources == (0, 1)
    assert pair.receiver.unprotect(pair.slow.protect(rtp(2), 2)) == rtp(2)


@EVERY_SUITE
def test_mutated_packets_are_refused_or_what_was_sent(suite: int) -> None:
    pair = Pair(suite)
    seeds = [pair.slow.protect(rtp(index), index) for index in range(20)]
    reports = [pair.slow.protect_rtcp(rtcp(), index) for index in range(1, 20)]
    verdicts = {BAD_TAG, REPLAY, MALFORMED}
    sent = {rtp(index) for index in range(20)} | {rtcp()}
    for data in mutated(seeds, 5000, seed=11):
        assert (out := pair.receiver.unprotect(data[:2048])) in verdicts or out in sent
    for data in mutated(reports, 5000, seed=12):
        assert (out := pair.receiver.unprotect_rtcp(data[:2048])) in verdicts or out in sent
    assert pair.receiver.unprotect(pair.slow.protect(rtp(21), 21)) == rtp(21)


@EVERY_SUITE
def test_a_hundred_thousand_mutated_packets_pass_for_nothing_else(suite: int) -> None:
    pair = Pair(suite)
    packets = [rtp(index, ssrc) for index in (1, 2, 3, 40, 200) for ssrc in (7, 8)]
    seeds = [pair.sender.protect(packet) for packet in packets]
    sent, verdicts = set(packets), {BAD_TAG, REPLAY, MALFORMED}
    for data in mutated([seed for seed in seeds if isinstance(seed, bytes)], MUTATIONS, seed=13):
        out = pair.receiver.unprotect(data[:2048])
        assert out in verdicts or out in sent
    assert pair.receiver.sources[1] <= 2
    for ssrc in (7, 8):
        assert pair.receiver.unprotect(pair.sender.protect(rtp(201, ssrc))) == rtp(201, ssrc)  # type: ignore[arg-type]


def test_sessions_open_in_threads() -> None:
    def call(number: int) -> bool:
        suite = number % len(SUITES)
        near, far = keys(suite, number)
        sender, receiver = CryptSession(suite, near, far), CryptSession(suite, far, near)
        return all(receiver.unprotect(sender.protect(rtp(i))) == rtp(i) for i in range(20))  # type: ignore[arg-type]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(200)))


def test_wrong_keys_are_refused() -> None:
    with pytest.raises(ValueError):
        CryptSession(4, bytes(30), bytes(30))
    with pytest.raises(ValueError):
        CryptSession(0, bytes(30), bytes(29))
    with pytest.raises(ValueError):
        CryptSession(2, bytes(30), bytes(28))
