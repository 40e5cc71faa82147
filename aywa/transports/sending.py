"""One writer at a time on a stream, and how much of it the system may keep."""

from __future__ import annotations

import socket

import trio

# What Asterisk has not taken yet is old: a quarter of a second of the widest coding, where the default is
# megabytes.
SEND_BUFFER = 16_384
CHUNK = 65_536


class Sending:
    """Whole messages in turn. One that is cut off closes the stream: the next would be garbage."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._turn = trio.Lock()

    async def send(self, data: bytes) -> None:
        """Send; raises `trio.BrokenResourceError` or `trio.ClosedResourceError`."""
        async with self._turn:
            done = False
            try:
                await self._stream.send_all(data)
                done = True
            finally:
                if not done:
                    await trio.aclose_forcefully(self._stream)


def keep_short(stream: trio.SocketStream) -> None:
    """Bound what the system keeps of what the peer has not read."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
