"""Our end of the packets between a stream and its leg: a UDP socket that talks to this host only."""

from __future__ import annotations

import socket
import struct
from random import Random

import trio

from aywa.errors import OverloadedError
from aywa.proto.rtp.packet import parse_packet
from aywa.transports.coding import StreamCoding

_HEADER = struct.Struct("!BBHII")
_RTCP_TYPES = range(192, 224)  # RFC 5761 §4
_MARKER = 0x80
_VERSION = 0x80
# What waits in the socket while the stream's peer does not read; what is older than that is of no use to him.
_RECEIVE_BUFFER = 32_768
_BATCH = 32
_BIGGEST = 2048


class RtpSide:
    """Packets of one coding at a time. `host`: an IPv4 address of this host from which legs are reached."""

    def __init__(self, host: str, coding: StreamCoding, rng: Random) -> None:
        self.coding = coding
        self._ssrc = rng.getrandbits(32)
        self._sequence = rng.getrandbits(15)
        self._timestamp = rng.getrandbits(31)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._remote: tuple[str, int] | None = None
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._socket.bind((host, 0))
        except OSError as error:
            self._socket.close()
            raise OverloadedError("no UDP port of this host is free for a stream's audio") from error

    @property
    def address(self) -> tuple[str, int]:
        """Where the leg sends."""
        host, port = self._socket.getsockname()
        return host, port

    def connect(self, remote: tuple[str, int]) -> None:
        """The leg's address: from now on the socket takes its packets and nobody else's.

        What strangers sent before waits in it all the same, and is not heard either.
        """
        self._socket.connect(remote)
        self._remote = self._socket.getpeername()

    def send_nowait(self, data: bytes, pause: int = 0) -> None:
        """Audio in the stream's order of bytes, whole ticks, after `pause` ticks of nothing.

        Nothing happens before `connect`, and after the leg's end. A packet that the system does not take is
        lost, as on a network.
        """
        if self._remote is None:
            return
        self._timestamp = (self._timestamp + pause) & 0xFFFFFFFF
        kind = self.coding.audio.payload_type | (_MARKER if pause else 0)
        header = _HEADER.pack(_VERSION, kind, self._sequence, self._timestamp, self._ssrc)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + len(data) // self.coding.tick_bytes) & 0xFFFFFFFF
        try:
            self._socket.send(header + self.coding.turned(data))
        except OSError:
            return  # the leg has just ended, or the system has no buffer

    async def wait_readable(self) -> None:
        """Until a packet may be there."""
        await trio.lowlevel.wait_readable(self._socket)

    def receive_nowait(self) -> list[bytes]:
        """The audio of our coding that waits, in the stream's order of bytes."""
        heard = []
        for _ in range(_BATCH):
            try:
                data, source = self._socket.recvfrom(_BIGGEST)
            except OSError:
                break
            if source == self._remote and len(data) > 1 and data[1] not in _RTCP_TYPES:
                packet = parse_packet(data)
                if packet.payload_type == self.coding.audio.payload_type:
                    heard.append(self.coding.turned(packet.payload))
        return heard

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
