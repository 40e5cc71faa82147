"""The last packets of a leg. Peers are address << 16 | port; times monotonic nanoseconds."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NativeCapture:
    """A ring of 256 bytes a packet; of each packet at most 224 bytes are kept."""

    def __init__(self, mode: int, packets: int) -> None:
        """`mode` 1: RTP headers without payload, RTCP; 2: payload too, but key presses blanked; 3: all of it.
        `packets`: a power of two, 2..65536. Raises ValueError, or MemoryError when memory is out.
        """
    def rtp(self, direction: int, at_ns: int, peer: int, data: _Bytes, secret: bool) -> None:
        """Keep an RTP packet, 0: received, 1: sent; `secret`: its payload is a key press."""
    def rtcp(self, direction: int, at_ns: int, peer: int, data: _Bytes) -> None:
        """Keep an RTCP packet; names and free text in it only in mode 3."""
    @property
    def mode(self) -> int:
        """As above; may be set at any time, for the packets from then on. Raises ValueError."""
    @mode.setter
    def mode(self, mode: int) -> None: ...
    @property
    def memory(self) -> int:
        """Bytes allocated."""
    def packets(self) -> list[tuple[int, int, bool, int, int, bytes]]:
        """(time, direction, is RTCP, peer, length on the wire, what was kept) from the oldest on.

        May be called while the engine writes: packets that are replaced meanwhile are left out.
        """
