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

CHUNK = 65_536
MAX_REFUSAL = 4096  # bytes of a refusal's body that are read
_GOODBYE_S = 1.0
_BROKEN_OFF = (httpcore.NetworkError, trio.BrokenResourceError, trio.ClosedResourceError)


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
        while True:
            for event in await self._read():
                match event:
                    case AcceptConnection():
                        self.subprotocol = event.subprotocol
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

    async def send(self, message: str | bytes) -> None:
        """Send one message. Raises ProviderError when the socket is closed."""
        await self._write(client_frame(message, urandom(4)))

    async def receive(self) -> str | bytes:
        """The next message. Raises ProviderError when there is none any more, with the close code."""
        while not self._came:
            for event in await self._read():
                await self._take(event)
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

    async def _take(self, event: Event) -> None:
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
                await self._say(event.response())
            case CloseConnection():
                self._broken = True
                self._came.append(self._gone("The provider closed the connection", int(event.code)))

    async def _read(self) -> list[Event]:
        try:
            data: bytes | bytearray
            if self._raw is None:
                data = await self._stream.read(CHUNK)
            else:
                data = await self._raw.receive_some(CHUNK)
        except _BROKEN_OFF as error:
            raise self._gone("The provider broke off") from error
        try:
            self._protocol.receive_data(bytes(data) or None)
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
