"""SRTP and SRTCP (RFC 3711, RFC 7714)."""

from typing import Final, TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

SUITES: Final[tuple[str, ...]]
"""SDES names (RFC 4568 section 6.2, RFC 7714 section 14.2); the index is the suite's number."""

KEY_SIZES: Final[tuple[int, ...]]
"""Bytes of master key and salt together, by suite."""

SOURCES: Final[int]
"""SSRCs taken, or sent, under one key."""

FAILED: Final[int]
"""Protecting refused: not a packet, this or a later index was sent before, or the key is used up."""
BAD_TAG: Final[int]
"""The peer's key did not make this packet."""
REPLAY: Final[int]
"""Taken before, or more than 128 packets late."""
MALFORMED: Final[int]
"""Not an (S)RTP packet, shorter than its tag, or SRTCP in clear."""
CROWDED: Final[int]
"""From, or for, an SSRC beyond `SOURCES`."""

class CryptSession:
    """Both directions of one call. Packets of any SSRC are sent and taken; `local` is the key sent under."""

    def __init__(self, suite: int, local: bytes, remote: bytes) -> None:
        """Raises ValueError for an unknown suite or a key of another length than `KEY_SIZES` says,
        MemoryError."""

    @property
    def sources(self) -> tuple[int, int]:
        """SSRCs sent and SSRCs taken so far."""

    def protect(self, packet: _Bytes) -> bytes | int:
        """The SRTP packet of an RTP packet, or `FAILED` or `CROWDED`. Raises ValueError above 2048 bytes, as
        all do."""

    def unprotect(self, packet: _Bytes) -> bytes | int:
        """The RTP packet in an SRTP packet, or `BAD_TAG`, `REPLAY`, `MALFORMED` or `CROWDED`."""

    def protect_rtcp(self, packet: _Bytes) -> bytes | int:
        """The SRTCP packet of a compound RTCP packet, or `FAILED` or `CROWDED`."""

    def unprotect_rtcp(self, packet: _Bytes) -> bytes | int:
        """The RTCP packet in an SRTCP packet, or a verdict as of `unprotect`."""
