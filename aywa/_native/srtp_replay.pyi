"""What SRTP remembers of an SSRC (RFC 3711 sections 3.3.1 and 3.3.2), for tests."""

def estimated_index(last: int, sequence: int) -> int:
    """The index that `sequence` (0 to 65535) stands for after the highest so far (-1: none); may be 2**48
    or more, which no key may be used for. Raises ValueError outside of these ranges."""

class ReplayWindow:
    """The packets taken from one SSRC."""

    def __init__(self, size: int) -> None:
        """`size` packets: 64 (RTCP) or 128 (RTP), else ValueError."""

    def take(self, index: int) -> bool:
        """Take a packet: True if it is new, False if it was taken or is too late to tell. Raises
        ValueError for an index outside of 0 to 2**48 - 1."""
