"""An S3 server on loopback (moto), and a faulty line in front of it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from threading import Thread

import httpx
import pytest
import trio

from aywa.settings import S3Settings
from tests.kit.ports import free_port

_numbers = count(1)


@contextmanager
def s3_server() -> Iterator[str]:
    """Its origin, as long as the block lasts."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            while "Running on" not in (line := process.stderr.readline()):
                assert line, "the S3 server did not start"
            # It goes on talking: a pipe that nobody reads would stop it.
            Thread(target=process.stderr.read, daemon=True).start()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """One server for a module; each test makes a bucket of its own."""
    with s3_server() as origin:
        yield origin


def make_bucket(origin: str) -> str:
    """A new, empty bucket."""
    name = f"artifacts-{next(_numbers)}"
    httpx.put(f"{origin}/{name}").raise_for_status()
    return name


def bucket_settings(endpoint: str, bucket: str, prefix: str = "") -> S3Settings:
    """What opens it."""
    return S3Settings(bucket, endpoint, access_key_id="an-id", secret_access_key="a-secret", prefix=prefix)


class Line(Enum):
    """What the line does to requests."""

    PASSES = auto()
    BUSY = auto()  # answers 503 itself
    SLOW = auto()  # passes 4 kB every 5 ms
    RESETS = auto()  # after the first bytes
    HANGS = auto()  # answers nothing
    SPOILS = auto()  # changes the last byte of what is read


@dataclass
class FaultyLine:
    """A TCP line to the server. `line` may be changed at any time: `turn` also cuts what is open."""

    upstream: int
    port: int = 0
    line: Line = Line.PASSES
    requests: int = 0
    _open: set[trio.CancelScope] = field(default_factory=set)

    @property
    def origin(self) -> str:
        """Where clients connect to."""
        return f"http://127.0.0.1:{self.port}"

    def turn(self, line: Line) -> None:
        """Be like this from now on, also for connections that are kept alive."""
        self.line = line
        for scope in self._open:
            scope.cancel()

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection."""
        with trio.CancelScope() as scope, suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            self._open.add(scope)
            try:
                await self._serve(stream)
            finally:
                self._open.discard(scope)
        await trio.aclose_forcefully(stream)

    async def _serve(self, stream: trio.SocketStream) -> None:
        first = await stream.receive_some(65_536)
        if not first:
            return
        self.requests += 1
        match self.line:
            case Line.RESETS:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            case Line.HANGS:
                await trio.sleep_forever()
            case Line.BUSY:
                with trio.move_on_after(
                    0.05
                ):  # the rest of a body: what is left unread would reset the answer
                    while await stream.receive_some(65_536):
                        pass
                await stream.send_all(
                    b"HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                )
            case _:
                await self._relay(stream, first)

    async def _relay(self, stream: trio.SocketStream, first: bytes) -> None:
        async with (
            await trio.open_tcp_stream("127.0.0.1", self.upstream) as server,
            trio.open_nursery() as nursery,
        ):

            async def back() -> None:
                while piece := await server.receive_some(4096 if self.line is Line.SLOW else 65_536):
                    await self._slowly()
                    await stream.send_all(self._spoiled(piece) if reads[0] else piece)
                nursery.cancel_scope.cancel()

            reads = [first.startswith(b"GET ")]
            nursery.start_soon(back)
            piece = first
            while piece:
                for start in range(0, len(piece), 4096):
                    await self._slowly()
                    await server.send_all(piece[start : start + 4096])
                piece = await stream.receive_some(65_536)
                if piece[:4] in (b"GET ", b"PUT ", b"POST", b"HEAD", b"DELE"):
                    reads[0] = piece.startswith(b"GET ")
            nursery.cancel_scope.cancel()

    async def _slowly(self) -> None:
        if self.line is Line.SLOW:
            await trio.sleep(0.005)

    def _spoiled(self, piece: bytes) -> bytes:
        if self.line is not Line.SPOILS or piece.endswith(b"\r\n\r\n"):
            return piece
        return piece[:-1] + bytes([piece[-1] ^ 1])


@asynccontextmanager
async def open_line(origin: str) -> AsyncIterator[FaultyLine]:
    """A line to the server at `origin`."""
    line = FaultyLine(int(origin.rpartition(":")[2]))
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        line.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, line.serve, [listener])
        yield line
        nursery.cancel_scope.cancel()
