"""The server's side of one websocket of an emulator's (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Mapping

import trio
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from aywa.emulators.exchange import Request, Striker, Struck
from aywa.emulators.faults import FaultKind

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_CHUNK = 65_536


class ServerSocket:
    """Implements `emulators.exchange.EmulatorSocket`. `early`: bytes that came behind the request's head."""

    def __init__(self, request: Request, stream: trio.abc.Stream, early: bytes = b"") -> None:
        self._request = request
        self._stream = stream
        self._early = early
        self._protocol = Connection(ConnectionType.SERVER)
        self._striker = Striker(request.fault)
        self._came: deque[str | bytes | None] = deque()
        self._parts: list[str | bytes] = []
        self._sending = trio.Lock()
        self.answered = False

    async def accept(self, subprotocol: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Shake hands, or let the fault answer. Raises Struck."""
        instead = await self._striker.before_answer()
        if instead is not None:
            fault = self._striker.fault
            late = None if fault is None else fault.retry_after_s
            await self.reject(instead, headers={} if late is None else {"Retry-After": f"{late:g}"})
            raise Struck
        key = self._request.headers.get("sec-websocket-key", "").encode()
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest()).decode()
        fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
        if subprotocol is not None:
            fields["Sec-WebSocket-Protocol"] = subprotocol
        await self._head("101 Switching Protocols", {**fields, **(headers or {})})
        self.answered = True
        if self._striker.fault is not None and self._striker.fault.kind is FaultKind.SILENT:
            await self._swallow()
        if self._early:
            self._protocol.receive_data(self._early)

    async def reject(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Refuse with an HTTP status."""
        self.answered = True
        await self._head(f"{status} No", {"Content-Length": str(len(body)), **(headers or {})})
        if body:
            await self._stream.send_all(body)

    async def send(self, message: str | bytes) -> None:
        """One message. Raises trio.BrokenResourceError when nobody is there, and Struck."""
        try:
            frames = await self._striker.frames(message)
        except Struck as end:
            fault = self._striker.fault
            if not end.reset and fault is not None:
                await self.close(fault.close_code)
            raise
        for frame in frames:
            await self._say(TextMessage(frame) if isinstance(frame, str) else BytesMessage(frame))

    async def receive(self) -> str | bytes | None:
        """The next message; None when the client has closed or is gone."""
        while not self._came:
            await self._take()
            if self._came:
                break
            try:
                data = await self._stream.receive_some(_CHUNK)
                self._protocol.receive_data(bytes(data) or None)
            except (trio.BrokenResourceError, RemoteProtocolError, LocalProtocolError):
                return None
        came = self._came[0]
        if came is not None:
            self._came.popleft()
        return came

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, if it is not closed."""
        if self._protocol.state is not ConnectionState.OPEN:
            return
        try:
            await self._say(CloseConnection(code, reason or None))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def _take(self) -> None:
        for event in self._protocol.events():
            match event:
                case Message():
                    self._parts.append(event.data if isinstance(event.data, str) else bytes(event.data))
                    if event.message_finished:
                        text = isinstance(event, TextMessage)
                        self._came.append("".join(self._parts) if text else b"".join(self._parts))  # type: ignore[arg-type]
                        self._parts.clear()
                case Ping():
                    await self._say(event.response())
                case CloseConnection():
                    if self._protocol.state is ConnectionState.REMOTE_CLOSING:
                        await self._say(event.response())
                    self._came.append(None)

    async def _swallow(self) -> None:
        """Hear everything and say nothing, until the client goes."""
        while await self._stream.receive_some(_CHUNK):
            pass
        raise Struck

    async def _say(self, event: BytesMessage | TextMessage | CloseConnection | Ping | object) -> None:
        async with self._sending:
            try:
                data = self._protocol.send(event)  # type: ignore[arg-type]
            except LocalProtocolError as error:
                raise trio.BrokenResourceError("the websocket is closed") from error
            await self._stream.send_all(data)

    async def _head(self, status: str, fields: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        await self._stream.send_all("\r\n".join(lines).encode("latin-1"))
