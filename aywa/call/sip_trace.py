"""The SIP messages of a captured call, redacted before they are kept."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from aywa.ports.capture import CapturedPacket, CaptureMode
from aywa.proto.sip.redaction import redacted

MESSAGES = 64  # a call with several re-INVITEs and session timers for an hour
MESSAGE_BYTES = 4096  # of each that are kept
DATAGRAM_BYTES = 65_507  # that fit into one; a stream's message may be longer


class SipTrace:
    """The last messages of one call. Appended to by one thread, read by any."""

    def __init__(self, mode: CaptureMode) -> None:
        self.mode = mode
        self._packets: deque[CapturedPacket] = deque(maxlen=MESSAGES)

    def add(self, packet: CapturedPacket) -> None:
        """Keep a message without its secrets, and but for FULL without who calls whom."""
        data = redacted(packet.data, numbers=self.mode is not CaptureMode.FULL)
        length = min(packet.length, DATAGRAM_BYTES)
        self._packets.append(replace(packet, data=data[:MESSAGE_BYTES], length=length))

    def packets(self) -> list[CapturedPacket]:
        """What is kept, the oldest first."""
        return list(self._packets)
