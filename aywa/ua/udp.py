"""The UDP socket: sends at once or not at all, and survives what ICMP reports."""

from __future__ import annotations

import errno
import socket
from typing import Protocol

import trio

from aywa.errors import TransportError
from aywa.proto.sip.routing import Address

MAX_DATAGRAM = 65_535
BATCH = 64  # datagrams taken before other tasks get their turn
RECEIVE_BUFFER = 4 * 1024 * 1024  # a burst of 2,000 INVITEs of 1 to 2 KiB while Python is busy elsewhere


class DatagramSocket(Protocol):
    """What the endpoint needs of a socket; tests bring their own."""

    local: Address

    def send_nowait(self, data: bytes, address: Address) -> None:
        """Send, never block. Raises OSError when the datagram cannot be sent."""
        ...

    async def receive(self) -> list[tuple[bytes, Address]]:
        """Wait for datagrams and return those that are there, at least one."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


class UdpSocket:
    """A bound UDP socket."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        name = raw.getsockname()
        self.local: Address = (name[0], name[1])
        self.errors = 0  # what ICMP reported and this socket survived

    def send_nowait(self, data: bytes, address: Address) -> None:
        """Send, never block. Raises OSError when the datagram cannot be sent at all.

        A full buffer is a loss like any other: retransmission is SIP's answer to it.
        """
        try:
            try:
                self._raw.sendto(data, address)
            except ConnectionRefusedError:  # what an earlier datagram met; reading the error has cleared it
                self.errors += 1
                self._raw.sendto(data, address)
        except (BlockingIOError, ConnectionRefusedError):
            self.errors += 1
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            self.errors += 1

    async def receive(self) -> list[tuple[bytes, Address]]:
        """Wait for datagrams and return those that are there, at least one and at most `BATCH`.

        Always a checkpoint. Raises trio.ClosedResourceError after `close`.
        """
        batch: list[tuple[bytes, Address]] = []
        while not batch:
            await trio.lowlevel.wait_readable(self._raw)
            while len(batch) < BATCH:
                try:
                    data, source = self._raw.recvfrom(MAX_DATAGRAM)
                except BlockingIOError:
                    break
                except OSError:  # ECONNREFUSED and its like belong to a datagram sent earlier
                    self.errors += 1
                    break
                batch.append((data, (source[0], source[1])))
        return batch

    def close(self) -> None:
        """Give the port back; a waiting `receive` is woken."""
        trio.lowlevel.notify_closing(self._raw)
        self._raw.close()


def open_udp(host: str, port: int) -> UdpSocket:
    """Bind `host` (an IP literal) and `port` (0: any). Raises TransportError in one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    raw = socket.socket(family, socket.SOCK_DGRAM)
    try:
        raw.setblocking(False)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if family == socket.AF_INET6:  # or IPv4 peers would come as ::ffff:192.0.2.1
            raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        raw.bind((host, port))
    except (OSError, OverflowError) as error:
        raw.close()
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TransportError(f"Cannot receive SIP on {host}:{port}: {why}.") from error
    return UdpSocket(raw)
