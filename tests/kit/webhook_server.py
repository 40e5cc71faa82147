"""A server that webhooks are sent to, on loopback: it answers as it is told, and remembers what came."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import trio


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = json.loads(self.body)["message"]
        return found


@dataclass
class WebhookServer:
    """`answer`: what a request gets: a status, and fields; None: nothing at all."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str]] | None] = lambda _: (200, {})
    body: Callable[[Received], bytes] = lambda _: b"ok"
    delay_s: float = 0.0
    most_at_once: int = 0
    _at_once: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def ids(self) -> list[str]:
        """In the order in which they came."""
        return [request.id for request in self.received]

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection, however it ends."""
        with suppress(trio.BrokenResourceError):
            await self._serve(stream)

    async def _serve(self, stream: trio.SocketStream) -> None:
        data = b""
        async with stream:
            while True:
                while b"\r\n\r\n" not in data:
                    if not (piece := await stream.receive_some(65_536)):
                        return
                    data += piece
                head, _, data = data.partition(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines[1:])
                }
                while len(data) < int(headers.get("content-length", "0")):
                    data += await stream.receive_some(65_536)
                size = int(headers.get("content-length", "0"))
                request = Received(lines[0].split(" ")[1], headers, data[:size])
                data = data[size:]
                self.received.append(request)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                answer = self.answer(request)
                if answer is None:
                    await trio.sleep_forever()
                    return
                await trio.sleep(self.delay_s)
                self._at_once -= 1
                status, fields = answer
                given = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
                body = self.body(request)
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{given}\r\n"
                await stream.send_all(head.encode() + body)


@asynccontextmanager
async def open_webhook_server() -> AsyncIterator[WebhookServer]:
    """A listening one."""
    server = WebhookServer()
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, server.serve, [listener])
        yield server
        nursery.cancel_scope.cancel()
