"""The other side of a call by websocket, and who listens to one: a real client, at the pace of speech."""

from __future__ import annotations

import json
import wave
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import soxr
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from tests.kit.recordings import recording_path

PACKET_S = 0.02


class WebPhone:
    """Sends silence, or what it was told to say, and keeps what it hears."""

    def __init__(self, socket: WebSocketConnection, rate_hz: int) -> None:
        self.socket = socket
        self.rate_hz = rate_hz
        self.heard = bytearray()
        self.texts: list[dict[str, Any]] = []
        self.closed: tuple[int, str | None] | None = None
        self._saying: deque[bytes] = deque()
        self._size = round(rate_hz * PACKET_S) * 2

    def say(self, pcm: bytes) -> None:
        """Say this from now on, behind what is being said."""
        self._saying += [pcm[at : at + self._size] for at in range(0, len(pcm), self._size)]

    async def send(self, **message: object) -> None:
        """Send a text message."""
        await self.socket.send_message(json.dumps(message))

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until the far side has said what the test waits for."""
        with trio.fail_after(seconds):
            while not condition():  # noqa: ASYNC110 - another process is waited for
                await trio.sleep(0.02)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The text messages of this type."""
        return [text for text in self.texts if text["type"] == kind]

    def said(self, role: str) -> str:
        """The transcript of one side up to now."""
        return " ".join(text["transcript"] for text in self.told("transcript") if text["role"] == role)

    async def read(self) -> None:
        """Take what comes until the websocket is closed."""
        try:
            while True:
                message = await self.socket.get_message()
                if isinstance(message, bytes):
                    self.heard += message
                else:
                    self.texts.append(json.loads(message))
        except ConnectionClosed as closed:
            self.closed = (closed.reason.code, closed.reason.reason) if closed.reason else (0, None)

    async def talk(self) -> None:
        """A packet every 20 ms."""
        silence = bytes(self._size)
        began, count = trio.current_time(), 0
        while self.closed is None:
            piece = self._saying.popleft() if self._saying else silence
            try:
                await self.socket.send_message(piece.ljust(self._size, b"\0"))
            except ConnectionClosed:
                return
            count += 1
            await trio.sleep_until(began + count * PACKET_S)


@asynccontextmanager
async def open_web_phone(url: str, rate_hz: int = 16_000, *, talks: bool = True) -> AsyncIterator[WebPhone]:
    """Connected for as long as the block runs; without `talks` it only listens."""
    parts = urlsplit(url)
    stream = await trio.open_tcp_stream(parts.hostname or "", parts.port or 80)
    async with stream, trio.open_nursery() as nursery:
        socket = await wrap_client_stream(nursery, stream, parts.netloc, f"{parts.path}?{parts.query}")
        phone = WebPhone(socket, rate_hz)
        nursery.start_soon(phone.read)
        if talks:
            nursery.start_soon(phone.talk)
        yield phone
        with trio.move_on_after(1):
            await socket.aclose()
        nursery.cancel_scope.cancel()


async def refusal(url: str) -> int:
    """The status with which a websocket is refused; 101 when it is opened."""
    parts = urlsplit(url)
    async with await trio.open_tcp_stream(parts.hostname or "", parts.port or 80) as stream:
        await stream.send_all(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        with trio.fail_after(5):
            line = bytes(await stream.receive_some(4096)).split(b"\r\n")[0]
    return int(line.split()[1])


def speech(name: str, rate_hz: int) -> bytes:
    """A recording at this rate, S16LE."""
    with wave.open(str(recording_path(name))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return bytes(soxr.resample(samples, 8000, rate_hz).astype("<i2").tobytes())
