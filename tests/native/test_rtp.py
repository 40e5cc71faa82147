"""The RTP header in C against its Python twin, on good, cut and mutated packets."""

from __future__ import annotations

import ctypes
import mmap
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.rtp import pack_header, parse_header
from aywa.errors import ParseError
from aywa.proto.rtp.packet import RtpPacket, parse_packet

MUTATED_PACKETS = 100_000


def native(data: bytes | memoryview) -> RtpPacket | str:
    """What the kernel makes of a datagram: a packet, or the field it objects to."""
    try:
        kind, marker, sequence, timestamp, ssrc, offset, length = parse_header(data)
    except ParseError as error:
        return error.where
    assert 12 <= offset <= offset + length <= len(data)
    return RtpPacket(kind, sequence, timestamp, ssrc, bytes(data[offset : offset + length]), marker)


def python(data: bytes) -> RtpPacket | str:
    """What the twin makes of it."""
    try:
        return parse_packet(data)
    except ParseError as error:
        return error.where


PACKETS = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127).filter(lambda kind: not 64 <= kind <= 95),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
)


@given(PACKETS)
def test_round_trip(packet: RtpPacket) -> None:
    data = packet.encode()
    assert native(data) == packet == parse_packet(data)
    header = pack_header(packet.payload_type, packet.marker, packet.sequence, packet.timestamp, packet.ssrc)
    assert header + packet.payload == data


@given(PACKETS, st.integers(0, 15), st.none() | st.integers(0, 20), st.integers(0, 255))
def test_csrc_extension_and_padding_are_skipped(
    packet: RtpPacket, csrcs: int, extension_words: int | None, padding: int
) -> None:
    plain = packet.encode()
    first = 0x80 | csrcs | (0x10 if extension_words is not None else 0) | (0x20 if padding else 0)
    extension = b""
    if extension_words is not None:
        extension = b"\xbe\xde" + extension_words.to_bytes(2, "big") + bytes(4 * extension_words)
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    data = bytes([first]) + plain[1:12] + bytes(4 * csrcs) + extension + packet.payload + tail
    assert native(data) == python(data) == packet


@given(st.binary(max_size=100))
def test_any_bytes(data: bytes) -> None:
    assert native(data) == python(data)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "header"),
        (bytes([0x80]) + bytes(10), "header"),
        (bytes([0x40]) + bytes(11), "version"),
        (bytes([0x80, 200]) + bytes(26), "payload type"),
        (bytes([0x81]) + bytes(11), "csrc"),
        (bytes([0x90]) + bytes(14), "extension"),
        (bytes([0x90]) + bytes(13) + b"\0\1" + bytes(3), "extension"),
        (bytes([0xA0]) + bytes(11), "padding"),
        (bytes([0xA0]) + bytes(11) + b"\0", "padding"),
        (bytes([0xA0]) + bytes(11) + b"\2", "padding"),
    ],
)
def test_each_rule_has_its_refusal(data: bytes, where: str) -> None:
    assert native(data) == python(data) == where


def mutants(count: int) -> list[bytes]:
    """Packets with CSRCs, extensions and padding, then cut, grown, and with bytes and bits changed."""
    rng = Random(20)
    packets = []
    for _ in range(count):
        data = bytearray(rng.randbytes(rng.choice((0, 11, 12, 13, 16, 20, 40, 172))))
        if data:
            data[0] = 0x80 | rng.choice((0, 0, 1, 15)) | rng.choice((0, 0x10)) | rng.choice((0, 0x20))
        if len(data) > 16 and rng.random() < 0.7:
            data[14:16] = rng.choice((0, 1, 2, 6, 40, 0xFFFF)).to_bytes(2, "big")
        if data and rng.random() < 0.7:
            data[-1] = rng.choice((0, 1, 4, len(data) - 12, len(data) - 11, 255)) & 0xFF
        if data and rng.random() < 0.3:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        packets.append(bytes(data))
    return packets


def test_mutated_packets_are_read_like_the_twin_reads_them() -> None:
    outcomes: dict[str, int] = {}
    for data in mutants(MUTATED_PACKETS):
        result = native(data)
        assert result == python(data), data.hex()
        key = result if isinstance(result, str) else "packet"
        outcomes[key] = outcomes.get(key, 0) + 1
    # The fuzz is worth something only if it reaches every verdict.
    assert set(outcomes) == {"packet", "header", "version", "csrc", "extension", "padding", "payload type"}
    assert min(outcomes.values()) > 100


def test_never_reads_past_the_packet() -> None:
    """Packets laid against a page that must not be read: one byte too far ends the process."""
    page = mmap.PAGESIZE
    area = mmap.mmap(-1, 2 * page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(address + page), ctypes.c_size_t(page), 0) == 0
    view = memoryview(area)
    for data in mutants(5000):
        view[page - len(data) : page] = data
        native(view[page - len(data) : page])


def test_pack_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="7 bits"):
        pack_header(128, False, 0, 0, 0)
    with pytest.raises(OverflowError):
        pack_header(0, False, 65536, 0, 0)
