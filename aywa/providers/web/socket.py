"""The client's side of one websocket (RFC 6455) to a vendor."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from os import urandom

import httpcore
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from aywa.errors import ProviderError, ProviderFault
from aywa.providers.web.client_frames import client_frame
from aywa.providers.web.faults import status_error
from aywa.providers.web.framing import FrameSplitter

CHUNK = 65_536
MAX_REFUSAL = 4096  # bytes of a refusal's body that are read
_GOODBYE_S = 1.0
_BROKEN_OFF = (httpcore.NetworkError, trio.BrokenResourceError, trio.ClosedResourceError)
_HEAD_END = b"\r\n\r\n"


class ProviderSocket:
    """Whole messages out and in. One task may send while another receives; several may send.

    A send that is cancelled may have broken off inside a frame: the socket is of no more use.
    """

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, *, provider: str, stage: str, max_message_bytes: int
    ) -> None:
        self.provider = provider
        self.stage = stage
        self.subprotocol: str | None = None
        self._stream = stream
        # A recogniser takes ten pieces a second of each call: what is under this stream costs half of it.
        raw = getattr(stream, "_stream", None)
        self._raw = raw if isinstance(raw, trio.abc.Stream) else None
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._max_bytes = max_message_bytes
        self._parts: list[str | bytes] = []
        self._size = 0
        self._came: deque[str | bytes | ProviderError] = deque()
        self._sending = trio.Lock()
        self._broken = False
        self._frames: FrameSplitter | None = None  # None: the machine reads all there is

    async def shake_hands(
        self, host: str, target: str, fields: Sequence[tuple[str, str]], subprotocols: Sequence[str]
    ) -> None:
        """Become a websocket. Raises ProviderError with the status that the vendor refused it with."""
        extra = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        await self._say(
            Request(host=host, target=target, extra_headers=extra, subprotocols=list(subprotocols))
        )
        refusal: RejectConnection | None = None
        body = b""
        events, rest = await self._read_head()
        while True:
            for number, event in enumerate(events):
                match event:
                    case AcceptConnection():
                        self.subprotocol = event.subprotocol
                        await self._begin(events[number + 1 :], rest)
                        return
                    case RejectConnection():
                        refusal = event
                    case RejectData():
                        body += bytes(event.data)[:MAX_REFUSAL]
                    case CloseConnection():
                        raise self._gone("The provider broke off the handshake")
                if refusal is not None and self._whole(refusal, event, body):
                    headers = {
                        name.decode("latin-1").lower(): value.decode("latin-1")
                        for name, value in refusal.headers
                    }
                    raise status_error(
                        refusal.status_code,
                        headers,
                        body[:MAX_REFUSAL],
                        provider=self.provider,
                        stage=self.stage,
                        now=datetime.now().astimezone(),
                    )
            events, rest = self._events(rest) if rest else await self._read(), None

    async def send(self, message: str | bytes) -> None:
        """Send one message. Raises ProviderError when the socket is closed."""
        await self._write(client_frame(message, urandom(4)))

    async def receive(self) -> str | bytes:
        """The next message. Raises ProviderError when there is none any more, with the close code."""
        while not self._came:
            await self._take(await self._bytes())
        came = self._came[0]
        if isinstance(came, ProviderError):
            raise came
        self._came.popleft()
        return came

    async def aclose(self, code: int = 1000) -> None:
        """Say goodbye, within a second, and close."""
        with trio.move_on_after(_GOODBYE_S, shield=True):
            try:
                if not self._broken:
                    await self._say(CloseConnection(code))
            except ProviderError:
                pass  # it is gone already
            finally:
                await self._stream.aclose()

    @staticmethod
    def _whole(refusal: RejectConnection, event: Event, body: bytes) -> bool:
        """Whether all of a refusal is here that anybody will read."""
        if not refusal.has_body or len(body) >= MAX_REFUSAL:
            return True
        return isinstance(event, RejectData) and event.body_finished

    async def _read_head(self) -> tuple[list[Event], bytes | None]:
        """What the head of the answer says, and the bytes behind it: frames, if it is a websocket now."""
        head = b""
        while (end := head.find(_HEAD_END)) < 0 and len(head) < CHUNK:
            data = await self._bytes()
            if not data:
                return [*self._events(head), *self._events(b"")], None
            head += data
        cut = len(head) if end < 0 else end + len(_HEAD_END)
        return self._events(head[:cut]), head[cut:]

    async def _begin(self, events: list[Event], rest: bytes | None) -> None:
        """It is a websocket. `events`: of frames that the machine has read already; `rest`: those it has not,
        None where it may hold half a frame.
        """
        answers = [answer for event in events if (answer := self._note(event)) is not None]
        for answer in answers:
            await self._say(answer)
        if rest is not None:
            self._frames = FrameSplitter()
            if rest:
                await self._take(rest)

    async def _take(self, data: bytes) -> None:
        """Keep the messages in these bytes, and answer pings. Most messages are one frame, and need no more
        than that it is found: a third of the machine's time.
        """
        answers: list[Event] = []
        if self._frames is None or not data:
            answers += [answer for event in self._events(data) if (answer := self._note(event)) is not None]
        else:
            for frame in self._frames.add(data, self._max_bytes):
                if frame.size > self._max_bytes:
                    raise self._error("The provider sends longer messages than any", ProviderFault.PROTOCOL)
                if frame.message is not None and not self._parts:
                    self._came.append(frame.message)
                    continue
                for event in self._events(frame.raw):
                    if (answer := self._note(event)) is not None:
                        answers.append(answer)
        for answer in answers:
            await self._say(answer)

    def _note(self, event: Event) -> Event | None:
        """Keep what an event brings; what is to be answered."""
        match event:
            case Message():
                self._parts.append(event.data if isinstance(event.data, str) else bytes(event.data))
                self._size += max(1, len(event.data))
                if self._size > self._max_bytes:
                    raise self._error("The provider sends longer messages than any", ProviderFault.PROTOCOL)
                if event.message_finished:
                    self._came.append(
                        "".join(self._parts)  # type: ignore[arg-type]  # one message has one type
                        if isinstance(event, TextMessage)
                        else b"".join(self._parts)  # type: ignore[arg-type]
                    )
                    self._parts.clear()
                    self._size = 0
            case Ping():
                return event.response()
            case CloseConnection():
                self._broken = True
                self._came.append(self._gone("The provider closed the connection", int(event.code)))
        return None

    async def _read(self) -> list[Event]:
        return self._events(await self._bytes())

    async def _bytes(self) -> bytes:
        try:
            if self._raw is None:
                return await self._stream.read(CHUNK)
            return bytes(await self._raw.receive_some(CHUNK))
        except _BROKEN_OFF as error:
            raise self._gone("The provider broke off") from error

    def _events(self, data: bytes) -> list[Event]:
        """What the machine reads in these bytes; none: it is the end of the stream."""
        try:
            self._protocol.receive_data(data or None)
            return list(self._protocol.events())
        except (RemoteProtocolError, LocalProtocolError) as error:
            raise self._error("The rules of websockets were broken", ProviderFault.PROTOCOL) from error

    async def _say(self, event: Event) -> None:
        try:
            data = self._protocol.send(event)
        except LocalProtocolError as error:
            raise self._gone("The connection to the provider is closed") from error
        await self._write(data)

    async def _write(self, data: bytes) -> None:
        """One frame, or more, whole and not into another's."""
        try:
            self._sending.acquire_nowait()
        except trio.WouldBlock:
            await self._sending.acquire()
        try:
            if self._broken:
                raise self._gone("The connection to the provider is closed")
            self._broken = True  # until all of it has left
            if self._raw is None:
                await self._stream.write(data)
            else:
                await self._raw.send_all(data)
            self._broken = False
        except _BROKEN_OFF as error:
            raise self._gone("The connection to the provider is closed") from error
        finally:
            self._sending.release()

    def _gone(self, detail: str, close_code: int | None = None) -> ProviderError:
        return self._error(detail, ProviderFault.CLOSED, close_code)

    def _error(self, detail: str, fault: ProviderFault, close_code: int | None = None) -> ProviderError:
        return ProviderError(
            detail, provider=self.provider, stage=self.stage, fault=fault, close_code=close_code
        )
