"""A client for the load on the API that costs little itself: HTTP/1.1 by hand over open connections."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping

import trio

_PIECE = 1 << 16


class KeepAlive:
    """Asks one server; any number of tasks may, each over a connection of its own."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        self._free: list[trio.socket.SocketType] = []
        self.opened = 0

    async def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> int:
        """The status of the answer, which is read to its end. Raises `OSError` when there is none."""
        data, about = b"", ""
        if body is not None:
            data = json.dumps(body).encode()
            about = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        message = f"{method} {path} HTTP/1.1\r\n{self._head}{about}\r\n".encode() + data
        while self._free:
            try:
                return await self._over(self._free.pop(), message)
            except ClosedWhileIdleError:
                pass  # as a server may; nothing of the request was looked at
        self.opened += 1
        sock = trio.socket.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await sock.connect(("127.0.0.1", self._port))
        except BaseException:
            sock.close()
            raise
        return await self._over(sock, message)

    async def _over(self, sock: trio.socket.SocketType, message: bytes) -> int:
        kept = False
        try:
            try:
                await sock.send(message)  # small enough for the socket's buffer as a whole
                got = await sock.recv(_PIECE)
            except ConnectionError as error:
                raise ClosedWhileIdleError from error
            if not got:
                raise ClosedWhileIdleError
            while (end := got.find(b"\r\n\r\n")) < 0:
                got += await self._more(sock)
            head = got[:end].lower()
            left = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]) - (len(got) - end - 4)
            while left > 0:
                left -= len(await self._more(sock))
            kept = b"\r\nconnection: close" not in head
            return int(head[9:12])
        finally:
            if kept:
                self._free.append(sock)
            else:
                sock.close()

    async def _more(self, sock: trio.socket.SocketType) -> bytes:
        got = await sock.recv(_PIECE)
        if not got:
            raise ConnectionResetError("the answer ends in the middle")
        return got

    def close(self) -> None:
        """Every connection that is free."""
        while self._free:
            self._free.pop().close()


class ClosedWhileIdleError(ConnectionError):
    """The server has closed the connection before the first byte of an answer."""
