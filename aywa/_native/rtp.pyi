"""RTP's fixed header (RFC 3550 section 5.1; validity checks of appendix A.1)."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

def parse_header(data: _Bytes) -> tuple[int, bool, int, int, int, int, int]:
    """(payload type, marker, sequence, timestamp, ssrc, payload offset, payload length) of an RTP packet.

    CSRC list, header extension and padding are checked and skipped. Raises ParseError and nothing else.
    """

def pack_header(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """The 12 bytes of a header without padding, extension and CSRC. Raises ValueError or OverflowError for
    values that do not fit their fields."""
