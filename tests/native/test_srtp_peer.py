"""Our SRTP beside libsrtp (pylibsrtp): the same packets out, the same packets taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from pylibsrtp import Error, Policy, Session

from aywa._native.srtp import KEY_SIZES, SUITES, CryptSession

EVERY_SUITE = pytest.mark.parametrize("suite", range(len(SUITES)), ids=SUITES)
PROFILES = (
    Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
)


class Ends:
    """One key, and who sends and takes under it: ourselves and libsrtp."""

    def __init__(self, suite: int) -> None:
        key = Random(suite).randbytes(KEY_SIZES[suite])
        self.our_sender, self.our_receiver = CryptSession(suite, key, key), CryptSession(suite, key, key)
        self.their_sender, self.their_receiver = (
            Session(Policy(key=key, ssrc_type=side, srtp_profile=PROFILES[suite]))
            for side in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
        )


def rtp(index: int, rng: Random, ssrc: int = 7) -> bytes:
    """A packet with CSRCs, an extension and a payload of any length."""
    csrcs, extended = rng.choice((0, 0, 0, 1, 15)), rng.random() < 0.2
    packet = bytes([0x80 | extended << 4 | csrcs, rng.randrange(128)]) + (index & 0xFFFF).to_bytes(2, "big")
    packet += rng.randbytes(4) + ssrc.to_bytes(4, "big") + rng.randbytes(4 * csrcs)
    if extended:
        words = rng.randrange(4)
        packet += b"\xbe\xde" + words.to_bytes(2, "big") + rng.randbytes(4 * words)
    return packet + rng.randbytes(rng.choice((0, 1, 15, 16, 17, 80, 160, 320, 1000)))


def rtcp(rng: Random, ssrc: int = 7) -> bytes:
    """A report of any length."""
    words = rng.randrange(1, 60)
    return (
        bytes([0x80, 201]) + words.to_bytes(2, "big") + ssrc.to_bytes(4, "big") + rng.randbytes(4 * words - 4)
    )


def taken(unprotect: Callable[[bytes], bytes | int], packet: bytes) -> bytes | None:
    """The packet in a packet, or None from either implementation."""
    try:
        found = unprotect(packet)
    except Error:
        return None
    return found if isinstance(found, bytes) else None


def delivered(count: int, rng: Random, lag: int) -> Iterator[int]:
    """`count` numbers as a network brings them: late by up to `lag`, some twice, some never."""
    arrivals = [
        (number + rng.randrange(lag) * (rng.random() < 0.3), rng.random(), number)
        for number in range(count)
        for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2)))
    ]
    return (number for _, _, number in sorted(arrivals))


@EVERY_SUITE
def test_the_same_packets_out_over_three_roll_overs(suite: int) -> None:
    ends, rng = Ends(suite), Random(1)
    index = 65000
    while index < 4 * 65536:
        packet = rtp(index, rng, ssrc=rng.choice((7, 8)))
        ours, theirs = ends.our_sender.protect(packet), ends.their_sender.protect(packet)
        assert ours == theirs
        assert ends.our_receiver.unprotect(theirs) == packet
        assert ends.their_receiver.unprotect(theirs) == packet
        index += rng.choice((1, 1, 1, 2, 50, 3000 if index % 65536 < 60000 else 1))


@EVERY_SUITE
def test_the_same_reports_out(suite: int) -> None:
    ends, rng = Ends(suite), Random(2)
    packet = rtcp(rng)
    first = ends.our_sender.protect_rtcp(packet)
    assert isinstance(first, bytes)
    assert ends.their_receiver.unprotect_rtcp(first) == packet
    for _ in range(500):  # libsrtp begins with index 1, RFC 3711 section 3.2.1 with 0
        packet = rtcp(rng)
        ours, theirs = ends.our_sender.protect_rtcp(packet), ends.their_sender.protect_rtcp(packet)
        assert ours == theirs
        assert ends.our_receiver.unprotect_rtcp(theirs) == packet
        assert ends.their_receiver.unprotect_rtcp(theirs) == packet


@EVERY_SUITE
@pytest.mark.parametrize("start", [0, 65400, 131000 - 65536])
@pytest.mark.parametrize("lag", [20, 120, 200])
def test_both_take_the_same_packets_in_any_order(suite: int, start: int, lag: int) -> None:
    ends, rng = Ends(suite), Random(start + lag)
    packets = [rtp(start + number, rng) for number in range(1000)]
    sealed = [ends.our_sender.protect(packet) for packet in packets]
    assert sealed == [ends.their_sender.protect(packet) for packet in packets]
    accepted = 0
    for number in delivered(len(packets), rng, lag):
        packet = sealed[number]
        assert isinstance(packet, bytes)
        if rng.random() < 0.1:  # a forged one first
            at = rng.randrange(len(packet))
            forged = packet[:at] + bytes([packet[at] ^ 1 << rng.randrange(8)]) + packet[at + 1 :]
            if not 2 <= at < 4 and not 8 <= at < 12:
                assert taken(ends.our_receiver.unprotect, forged) is None
                assert taken(ends.their_receiver.unprotect, forged) is None
        ours, theirs = (
            taken(ends.our_receiver.unprotect, packet),
            taken(ends.their_receiver.unprotect, packet),
        )
        assert ours == theirs, number
        assert ours in (None, packets[number])
        accepted += ours is not None
    assert accepted > 700


@EVERY_SUITE
def test_both_take_the_same_reports_in_any_order(suite: int) -> None:
    ends, rng = Ends(suite), Random(4)
    packets = [rtcp(rng) for _ in range(500)]
    sealed = [ends.our_sender.protect_rtcp(packet) for packet in packets]
    for number in delivered(
        len(packets), rng, 60
    ):  # our window has the 64 that RFC 3711 asks for, theirs 128
        packet = sealed[number]
        assert isinstance(packet, bytes)
        ours = taken(ends.our_receiver.unprotect_rtcp, packet)
        assert ours == taken(ends.their_receiver.unprotect_rtcp, packet), number
        assert ours in (None, packets[number])
