"""Asterisk's side of AudioSocket and of its websocket channel, as a test holds it in its hands."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    RejectConnection,
    Request,
    TextMessage,
)

from aywa.proto.audiosocket.frame import Frame, Kind
from aywa.proto.audiosocket.stream import FrameReader

UUID_1 = UUID("11111111-2222-3333-4444-555555555555")


class AudioSocketPeer:
    """A connection to an AudioSocket listener."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.frames: list[Frame] = []  # all that have come
        self.closed = False
        self._reader = FrameReader()

    async def send(self, kind: Kind, payload: bytes = b"") -> None:
        """Send one frame."""
        await self.stream.send_all(Frame(kind, payload).encode())

    async def begin(self, *, uuid: UUID = UUID_1, kind: Kind = Kind.AUDIO_8K) -> None:
        """The UUID and the first audio."""
        await self.send(Kind.UUID, uuid.bytes)
        await self.send(kind, bytes(640 if kind is Kind.AUDIO_16K else 320))

    async def read(self) -> bool:
        """Take what comes next; False at the end."""
        try:
            data = await self.stream.receive_some(65_536)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            data = b""
        self.frames += self._reader.receive(bytes(data))
        self.closed = not data
        return bool(data)

    async def read_until(self, wanted: Callable[[], bool], seconds: float = 10.0) -> None:
        """Take what comes until it is what the test waits for."""
        with trio.fail_after(seconds):
            while not wanted():
                assert await self.read(), "the connection ended before"

    async def read_to_end(self, seconds: float = 10.0) -> None:
        """Take what comes until the other side closes."""
        with trio.fail_after(seconds):
            while await self.read():
                pass

    def kinds(self) -> set[Kind]:
        """What has come."""
        return {frame.kind for frame in self.frames}

    def audio(self) -> bytes:
        """What has come of it."""
        return b"".join(frame.payload for frame in self.frames if frame.kind.rate_hz)


class WebSocketPeer:
    """A websocket client that speaks as chan_websocket does."""

    def __init__(self, stream: trio.abc.Stream, *, as_json: bool = False) -> None:
        self.stream = stream
        self.status: int | None = None  # of the handshake
        self.subprotocol: str | None = None
        self.texts: list[str] = []
        self.messages: list[bytes] = []
        self.close_code: int | None = None
        self.closed = False
        self._as_json = as_json
        self._protocol = WSConnection(ConnectionType.CLIENT)

    async def shake_hands(
        self, path: str = "/asterisk", user: str = "asterisk", password: str | None = None
    ) -> None:
        """Ask for the websocket and take the answer."""
        headers = []
        if password is not None:
            shown = base64.b64encode(f"{user}:{password}".encode())
            headers.append((b"Authorization", b"Basic " + shown))
        request = Request(host="127.0.0.1", target=path, subprotocols=["media"], extra_headers=headers)
        await self.stream.send_all(self._protocol.send(request))
        await self.read_until(lambda: self.status is not None)

    async def begin(self, format: str = "slin16", frame_bytes: int = 640) -> None:
        """MEDIA_START."""
        fields = {
            "connection_id": "media",
            "channel": "WebSocket/media/0x7f",
            "channel_id": "17.9",
            "format": format,
            "optimal_frame_size": frame_bytes,
            "ptime": 20,
        }
        await self.tell("MEDIA_START", **fields)

    async def tell(self, event: str, **fields: object) -> None:
        """One control message, in the format of this peer."""
        if self._as_json:
            await self.say(json.dumps({"event": event, **fields}))
        else:
            await self.say(" ".join([event, *(f"{name}:{value}" for name, value in fields.items())]))

    async def say(self, text: str) -> None:
        """A text message."""
        await self.stream.send_all(self._protocol.send(TextMessage(data=text)))

    async def send(self, data: bytes) -> None:
        """Audio."""
        await self.stream.send_all(self._protocol.send(BytesMessage(data=data)))

    async def close(self, code: int = 1000) -> None:
        """Close in order."""
        await self.stream.send_all(self._protocol.send(CloseConnection(code=code)))

    async def read(self) -> bool:
        """Take what comes next; False at the end."""
        try:
            data = await self.stream.receive_some(65_536)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            data = b""
        self.closed = not data
        if self._protocol.state.name != "CLOSED":
            self._protocol.receive_data(bytes(data) or None)
        for event in self._protocol.events():
            match event:
                case AcceptConnection():
                    self.status, self.subprotocol = 101, event.subprotocol
                case RejectConnection():
                    self.status = event.status_code
                case TextMessage():
                    self.texts.append(event.data)
                case BytesMessage():
                    self.messages.append(bytes(event.data))
                case CloseConnection():
                    self.close_code = event.code
        return bool(data)

    async def read_until(self, wanted: Callable[[], bool], seconds: float = 10.0) -> None:
        """Take what comes until it is what the test waits for."""
        with trio.fail_after(seconds):
            while not wanted():
                assert await self.read(), "the connection ended before"

    async def read_to_end(self, seconds: float = 10.0) -> None:
        """Take what comes until the other side closes."""
        with trio.fail_after(seconds):
            while await self.read():
                pass

    def commands(self) -> list[str]:
        """What we were told to do."""
        if not self._as_json:
            return self.texts
        return [str(json.loads(text)["command"]) for text in self.texts]


@asynccontextmanager
async def connected(address: tuple[str, int], host: str = "127.0.0.1") -> AsyncIterator[trio.SocketStream]:
    """A TCP connection from `host`; closed at the end."""
    raw = trio.socket.socket()
    await raw.bind((host, 0))
    await raw.connect(address)
    stream = trio.SocketStream(raw)
    try:
        yield stream
    finally:
        await trio.aclose_forcefully(stream)


@contextmanager
def bound_socket() -> Iterator[socket.socket]:
    """A UDP socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(5)
        yield bound
