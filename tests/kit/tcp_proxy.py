"""A TCP proxy before a Unix socket that can refuse, stall, or forget the connections it has."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import trio

from tests.kit.ports import free_port


class Way(Enum):
    """What becomes of bytes."""

    OPEN = "open"
    REFUSED = "refused"  # nobody listens, and what was connected is cut
    STALLED = "stalled"  # everything is taken and nothing is passed on


class TcpProxy:
    """Listens on `port`."""

    def __init__(self, path: str, port: int, nursery: trio.Nursery) -> None:
        self.port = port
        self._path = path
        self._nursery = nursery
        self._flowing = trio.Event()
        self._flowing.set()
        self._scopes: set[trio.CancelScope] = set()
        self._forgotten: set[trio.CancelScope] = set()
        self._listening: trio.CancelScope | None = None

    async def listen(self) -> None:
        """Take connections, again after `refuse`."""
        sock = trio.socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await sock.bind(("127.0.0.1", self.port))
        sock.listen(64)
        self._listening = trio.CancelScope()
        self._nursery.start_soon(self._accept, sock, self._listening)

    async def turn(self, way: Way) -> None:
        """From now on."""
        if way is Way.STALLED:
            self._flowing = trio.Event()
        else:
            self._flowing.set()
        if way is Way.REFUSED:
            assert self._listening is not None
            self._listening.cancel()
            self._listening = None
            for scope in list(self._scopes):
                scope.cancel()
        elif self._listening is None:
            await self.listen()

    def forget(self) -> None:
        """Those that are connected are never served again, and are not told: half open. New ones are."""
        self._forgotten = {*self._scopes}

    async def _accept(self, sock: trio.socket.SocketType, scope: trio.CancelScope) -> None:
        with scope, sock:
            while True:
                client, _ = await sock.accept()
                self._nursery.start_soon(self._carry, client)

    async def _carry(self, client: trio.socket.SocketType) -> None:
        scope = trio.CancelScope()
        self._scopes.add(scope)
        try:
            with scope, client:
                await self._flowing.wait()
                server = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                with server, suppress(OSError):
                    await server.connect(self._path)
                    async with trio.open_nursery() as both:
                        both.start_soon(self._pass_on, client, server, both.cancel_scope, scope)
                        both.start_soon(self._pass_on, server, client, both.cancel_scope, scope)
        finally:
            self._scopes.discard(scope)

    async def _pass_on(
        self,
        from_: trio.socket.SocketType,
        to: trio.socket.SocketType,
        both: trio.CancelScope,
        scope: trio.CancelScope,
    ) -> None:
        with suppress(OSError):
            while data := await from_.recv(65536):
                await self._flowing.wait()
                if scope in self._forgotten:
                    await trio.sleep_forever()
                await _send_all(to, data)
        both.cancel()


async def _send_all(to: trio.socket.SocketType, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[await to.send(view) :]


@asynccontextmanager
async def open_postgres_proxy(url: str) -> AsyncIterator[tuple[TcpProxy, str]]:
    """Before the embedded server of this URL; yields the proxy and the URL that leads through it."""
    directory = parse_qs(urlsplit(url).query)["host"][0]
    async with trio.open_nursery() as nursery:
        proxy = TcpProxy(str(Path(directory) / ".s.PGSQL.5432"), free_port(), nursery)
        await proxy.listen()
        yield proxy, f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"
        nursery.cancel_scope.cancel()
