"""A caller who speaks by the clock, in front of a recogniser's adapter and an emulator of its vendor."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import pi, sin
from typing import Any
from urllib.parse import urlsplit

import trio

from aywa.emulators.exchange import Emulator, Request
from aywa.errors import ProviderError, ProviderFault
from aywa.ports.stt import Final, Partial, TranscriberSession
from aywa.providers.web.access import Access

FRAME = 320  # samples of 16 kHz: 20 ms
SPEECH = array("h", (int(6000 * sin(2 * pi * 220 * n / 16_000)) for n in range(FRAME))).tobytes()
SILENCE = bytes(FRAME * 2)
VAD_LATE_S = 0.1
VAD_HOLD_S = 0.2


class PipeEnd:
    """One end of a websocket without a network: what `ProviderSocket` and `EmulatorSocket` do."""

    def __init__(self, provider: str = "emulated") -> None:
        self.provider = provider
        self.out, self.into = trio.open_memory_channel[str | bytes](1000)
        self.other: PipeEnd
        self.accepted = trio.Event()
        self.refused: int | None = None
        self.closed: int | None = None
        self.stalled = False

    async def accept(self, subprotocol: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        self.accepted.set()

    async def reject(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.refused = status
        self.accepted.set()

    async def send(self, message: str | bytes) -> None:
        if self.stalled:
            await trio.sleep_forever()
        try:
            await self.out.send(message)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            if isinstance(self, ClientEnd):
                raise self.gone() from None
            raise trio.BrokenResourceError from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = code
        self.out.close()

    def gone(self) -> ProviderError:
        return ProviderError(
            "The provider closed the connection",
            provider=self.provider,
            stage="stt",
            fault=ProviderFault.CLOSED,
            close_code=self.other.closed,
        )


class ServerEnd(PipeEnd):
    """The emulator's."""

    async def receive(self) -> str | bytes | None:
        try:
            return await self.other.into.receive()
        except trio.EndOfChannel:
            return None


class ClientEnd(PipeEnd):
    """The adapter's."""

    async def receive(self) -> str | bytes:
        try:
            return await self.other.into.receive()
        except trio.EndOfChannel:
            raise self.gone() from None


class PipeDoor:
    """A door behind which there is one emulator, so that the clock may be a mock."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.requests: list[Request] = []
        self.clients: list[ClientEnd] = []

    @asynccontextmanager
    async def socket(
        self,
        access: Access,
        *,
        stage: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        connect_s: float = 5.0,
        max_message_bytes: int = 4 << 20,
    ) -> AsyncIterator[ClientEnd]:
        fields = {name.lower(): value for name, value in access.fields(headers or {})}
        base = urlsplit(access.base_url).path
        request = Request("GET", base + path, fields)
        self.requests.append(request)
        client, server = ClientEnd(access.provider), ServerEnd()
        client.other, server.other = server, client
        self.clients.append(client)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._serve, request, server)
            await server.accepted.wait()
            if server.refused is None:
                yield client
            client.out.close()
            nursery.cancel_scope.cancel()
        if server.refused is not None:
            raise ProviderError(
                f"The provider answered {server.refused}",
                provider=access.provider,
                stage=stage,
                fault=ProviderFault.UNAUTHORISED if server.refused == 401 else ProviderFault.BAD_REQUEST,
                status=server.refused,
            )

    async def _serve(self, request: Request, server: ServerEnd) -> None:
        try:
            await self.emulator.socket(request, server)
        except trio.BrokenResourceError:
            return
        await server.close()


@dataclass
class Caller:
    """Feeds a session as the engine does, and collects what it says. Positions: samples of 8 kHz."""

    session: TranscriberSession
    position: int = 8000  # the leg is older than the session
    partials: list[Partial] = field(default_factory=list)
    finals: list[Final] = field(default_factory=list)
    error: ProviderError | None = None
    lost: trio.Event = field(default_factory=trio.Event)
    spoken: list[tuple[int, int]] = field(default_factory=list)

    async def hear(self) -> None:
        try:
            async for event in self.session.events():
                (self.finals if isinstance(event, Final) else self.partials).append(event)  # type: ignore[arg-type]
        except ProviderError as error:
            self.error = error
            self.lost.set()

    async def pass_time(self, seconds: float, pcm: bytes | None = SILENCE) -> None:
        """Frames by the clock; None: nothing arrives."""
        for _ in range(round(seconds / 0.02)):
            await trio.sleep(0.02)
            self.position += FRAME // 2
            if pcm is not None:
                self.session.feed_nowait(pcm, self.position)

    async def say(self, seconds: float, after_s: float = 0.8, *, hole: bool = False) -> None:
        """Speak, with the VAD's verdicts as late as they are, and be silent; `hole`: silence is not sent."""
        start = self.position
        await self.pass_time(VAD_LATE_S, SPEECH)
        self.session.speech_started(start)
        await self.pass_time(seconds - VAD_LATE_S, SPEECH)
        stop = self.position
        self.spoken.append((start, stop))
        await self.pass_time(VAD_HOLD_S, None if hole else SILENCE)
        self.session.speech_stopped(stop)
        await self.pass_time(after_s - VAD_HOLD_S, None if hole else SILENCE)

    @property
    def texts(self) -> list[str]:
        return [final.text for final in self.finals]


@asynccontextmanager
async def calling(transcriber: Any) -> AsyncIterator[Caller]:
    """A caller in front of an adapter, listening."""
    async with transcriber.open() as session, trio.open_nursery() as nursery:
        caller = Caller(session)
        nursery.start_soon(caller.hear)
        yield caller
        nursery.cancel_scope.cancel()
