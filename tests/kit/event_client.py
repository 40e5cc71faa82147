"""A client of `/events`: server-sent events read as the specification says, over a socket of its own."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import h11
import trio
import wsproto
import wsproto.connection
import wsproto.events
import wsproto.utilities
from wsproto import WSConnection


@dataclass
class EventClient:
    """One stream. `status` and `headers` of the answer; `raw`: its lines so far."""

    stream: trio.SocketStream
    connection: h11.Connection
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: list[str] = field(default_factory=list)
    _text: str = ""
    _over: bool = False

    async def next(self) -> dict[str, Any]:
        """The next message. Raises EOFError at the end of the stream."""
        fields: dict[str, str] = {}
        while True:
            line = await self._line()
            self.raw.append(line)
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                message: dict[str, Any] = json.loads(fields["data"])
                assert (fields["id"], fields["event"]) == (message["id"], message["type"])
                return message

    async def seqs(self, count: int) -> list[tuple[str, int]]:
        """Of the next events."""
        found = [await self.next() for _ in range(count)]
        return [(message["callId"], message["seq"]) for message in found]

    async def rest(self) -> list[dict[str, Any]]:
        """Everything to the end of the stream."""
        found = []
        try:
            while True:
                found.append(await self.next())
        except EOFError:
            return found

    async def begin(self) -> None:
        """Read the head of the answer."""
        event = await self._event()
        assert isinstance(event, h11.Response)
        self.status = event.status_code
        self.headers = {name.decode().lower(): value.decode() for name, value in event.headers}

    async def _line(self) -> str:
        with trio.fail_after(10):
            while "\n" not in self._text:
                if self._over:
                    raise EOFError
                event = await self._event()
                if isinstance(event, h11.Data):
                    self._text += bytes(event.data).decode()
                else:
                    self._over = True
        line, _, self._text = self._text.partition("\n")
        return line

    async def _event(self) -> Any:
        while (event := self.connection.next_event()) is h11.NEED_DATA:
            self.connection.receive_data(await self.stream.receive_some(65_536))
        return event


@asynccontextmanager
async def open_event_client(port: int, path: str, headers: Mapping[str, str]) -> AsyncIterator[EventClient]:
    """Ask; leaving the block cuts the connection off."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        connection = h11.Connection(h11.CLIENT)
        head = {"Host": "127.0.0.1", "Accept": "text/event-stream", **headers}
        request = h11.Request(method="GET", target=path, headers=list(head.items()))
        await stream.send_all(connection.send(request) or b"")
        await stream.send_all(connection.send(h11.EndOfMessage()) or b"")
        client = EventClient(stream, connection)
        await client.begin()
        yield client


class SocketClosedError(Exception):
    """The server has closed the websocket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


@dataclass
class EventSocket:
    """A websocket of `/events`."""

    stream: trio.SocketStream
    connection: WSConnection
    _ready: deque[str] = field(default_factory=deque)
    _part: str = ""
    _closed: SocketClosedError | None = None

    async def next(self) -> dict[str, Any]:
        """The next message. Raises `SocketClosedError`."""
        with trio.fail_after(10):
            while not self._ready:
                if self._closed is not None:
                    raise self._closed
                await self._receive()
        message: dict[str, Any] = json.loads(self._ready.popleft())
        return message

    async def shake_hands(self, path: str, headers: Mapping[str, str]) -> None:
        """Raises `SocketClosedError` with the status when the server refuses."""
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = wsproto.events.Request(host="127.0.0.1", target=path, extra_headers=extra)
        await self.stream.send_all(self.connection.send(request))
        with trio.fail_after(10):
            while self.connection.state is wsproto.connection.ConnectionState.CONNECTING:
                await self._receive()

    async def _receive(self) -> None:
        data = await self.stream.receive_some(65_536)
        self.connection.receive_data(data or None)
        for event in self.connection.events():
            if isinstance(event, wsproto.events.TextMessage):
                self._part += event.data
                if event.message_finished:
                    self._ready.append(self._part)
                    self._part = ""
            elif isinstance(event, wsproto.events.Ping):
                await self.stream.send_all(self.connection.send(event.response()))
            elif isinstance(event, wsproto.events.CloseConnection):
                with suppress(wsproto.utilities.LocalProtocolError, trio.BrokenResourceError):
                    await self.stream.send_all(self.connection.send(event.response()))
                self._closed = SocketClosedError(event.code, event.reason or "")
            elif isinstance(event, wsproto.events.RejectConnection):
                raise SocketClosedError(event.status_code, "")


@asynccontextmanager
async def open_event_socket(port: int, path: str, headers: Mapping[str, str]) -> AsyncIterator[EventSocket]:
    """Connect; leaving the block cuts the connection off."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        client = EventSocket(stream, WSConnection(wsproto.ConnectionType.CLIENT))
        await client.shake_hands(path, headers)
        yield client
