"""The server's side of one websocket (RFC 6455) over a stream that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from aywa.errors import ParseError
from aywa.transports.sending import CHUNK, Sending

MAX_TEXT = 16_384  # characters
MAX_BINARY = 65_500  # bytes
_NORMAL = (1000, 1001)  # RFC 6455 §7.4.1: done, going away


@dataclass(frozen=True, slots=True)
class Closed:
    """The far side closed. `clean`: with a code that says that it was done."""

    clean: bool


Message: TypeAlias = str | bytes | Closed


class WebSocket:
    """Messages in and out. Errors of the stream come out as trio's, broken rules as ParseError."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._sending = Sending(stream)
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._text: list[str] = []
        self._characters = 0  # in it; a frame without any counts as one
        self._binary = bytearray()

    async def accept(self, judge: Callable[[Request], int], subprotocol: str) -> str:
        """Shake hands; the path and query that were asked for.

        `judge` gives the HTTP status that a request is refused with, or 0. Raises ParseError when it was.
        """
        while True:
            for event in self._feed(await self._stream.receive_some(CHUNK)):
                if not isinstance(event, Request):
                    raise ParseError("The connection ended before its handshake", where="handshake")
                status = judge(event)
                if status:
                    await self._refuse(status)
                    raise ParseError("A websocket that was refused", where="handshake", status_hint=status)
                chosen = subprotocol if subprotocol in event.subprotocols else None
                await self._say(AcceptConnection(subprotocol=chosen))
                return event.target

    async def receive(self) -> list[Message]:
        """What came, possibly nothing whole yet; `Closed` is the last."""
        messages: list[Message] = []
        for event in self._feed(await self._stream.receive_some(CHUNK)):
            match event:
                case BytesMessage():
                    self._binary += event.data
                    if len(self._binary) > MAX_BINARY:
                        raise ParseError("A longer message than any that is sent", where="binary message")
                    if event.message_finished:
                        messages.append(bytes(self._binary))
                        self._binary.clear()
                case TextMessage():
                    self._text.append(event.data)
                    self._characters += max(1, len(event.data))
                    if self._characters > MAX_TEXT:
                        raise ParseError("A longer message than any that is sent", where="text message")
                    if event.message_finished:
                        messages.append("".join(self._text))
                        self._text.clear()
                        self._characters = 0
                case Ping():
                    await self._reply(event.response())
                case CloseConnection():
                    if self._protocol.state is ConnectionState.REMOTE_CLOSING:
                        await self._reply(event.response())
                    messages.append(Closed(event.code in _NORMAL))
        return messages

    async def send_text(self, text: str) -> None:
        """Send one text message."""
        await self._say(TextMessage(data=text))

    async def send_binary(self, messages: Sequence[bytes]) -> None:
        """Send binary messages, in one write."""
        await self._say(*(BytesMessage(data=data) for data in messages))

    async def aclose(self) -> None:
        """End the connection at once."""
        await trio.aclose_forcefully(self._stream)

    async def _refuse(self, status: int) -> None:
        headers = [(b"Content-Length", b"0"), (b"Connection", b"close")]
        if status == 401:
            headers.append((b"WWW-Authenticate", b'Basic realm="aywa"'))
        await self._say(RejectConnection(status_code=status, headers=headers))

    async def _reply(self, event: Event) -> None:
        """As good as it goes: who closed may be gone already, and what he said before counts."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._say(event)

    async def _say(self, *events: Event) -> None:
        try:
            data = b"".join(self._protocol.send(event) for event in events)
        except LocalProtocolError as error:
            raise trio.ClosedResourceError("the websocket is closing") from error
        await self._sending.send(data)

    def _feed(self, data: bytes | bytearray) -> list[Event]:
        """Raises ParseError."""
        try:
            self._protocol.receive_data(bytes(data) or None)
            return list(self._protocol.events())
        except (RemoteProtocolError, LocalProtocolError) as error:
            raise ParseError("The rules of websockets were broken", where="websocket") from error
