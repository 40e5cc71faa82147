"""An RTP packet (RFC 3550 section 5.1), for tools and tests; the engine's is `aywa._native.rtp`."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from aywa.errors import ParseError

_FIXED = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet: 7-bit payload type, 16-bit sequence, 32-bit timestamp and SSRC, payload without padding."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        """The bytes, without padding, extension and CSRC. Raises struct.error for impossible values."""
        second = self.payload_type | (0x80 if self.marker else 0)
        return _FIXED.pack(0x80, second, self.sequence, self.timestamp, self.ssrc) + self.payload


def parse_packet(data: bytes) -> RtpPacket:
    """Read one datagram. CSRC list, extension and padding are checked and dropped. Raises ParseError."""
    if len(data) < _FIXED.size:
        raise ParseError("shorter than the fixed header", where="header")
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    if first >> 6 != 2:
        raise ParseError("not RTP version 2", where="version")
    if second in range(192, 224):  # RFC 5761 section 4
        raise ParseError("an RTCP packet on the RTP port", where="payload type")
    offset = _payload_offset(data, first)
    end = len(data)
    if first & 0x20:
        padding = data[-1] if offset < end else 0
        if not 0 < padding <= end - offset:
            raise ParseError("the padding count is impossible", where="padding")
        end -= padding
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[offset:end], bool(second & 0x80))


def _payload_offset(data: bytes, first: int) -> int:
    """Bytes before the payload: fixed header, CSRC list and header extension. Raises ParseError."""
    offset = _FIXED.size + 4 * (first & 0x0F)
    if offset > len(data):
        raise ParseError("the CSRC list leaves the packet", where="csrc")
    if first & 0x10:
        words = data[offset + 2 : offset + 4]
        if len(words) == 2:
            offset += 4 + 4 * int.from_bytes(words, "big")
        if len(words) < 2 or offset > len(data):
            raise ParseError("the header extension leaves the packet", where="extension")
    return offset
