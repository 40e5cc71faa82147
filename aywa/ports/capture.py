"""What was on the wire of a call, for whoever looks into it with Wireshark, and where it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias


class CaptureMode(Enum):
    """How much of each packet is kept. Of reports (RTCP) the names in them, and of SIP who calls whom, are
    kept by FULL only; credentials and keys by none.
    """

    OFF = "off"
    HEADERS = "headers"  # of RTP; what was said or pressed is nowhere
    AUDIO = "audio"  # what was said; key presses of RFC 4733 are blanked, keys that sound are audio
    FULL = "full"


@dataclass(frozen=True, slots=True)
class CapturedPacket:
    """One datagram, or message of a stream, in the clear. `at_ns`: monotonic, of media when the engine's tick
    of 1 ms had it.

    `local` and `remote`: address and port, both IPv4 or both IPv6. `length`: bytes it had; `data` may be
    shorter.
    """

    at_ns: int
    sent: bool
    local: tuple[str, int]
    remote: tuple[str, int]
    length: int
    data: bytes


PacketTap: TypeAlias = Callable[[CapturedPacket], None]
"""Takes a packet; called synchronously, must not raise."""


class CaptureStore(Protocol):
    """Writes captures. Methods touch the disk: call them from a worker thread."""

    def write(self, call_id: str, packets: Sequence[CapturedPacket]) -> str:
        """A file with these packets, there in full or not at all; returns its path. Raises OSError."""
