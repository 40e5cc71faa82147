"""One connection: a reader that frames, a writer with a bounded queue, and the limits on both."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import trio

from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.stream import PONG, Broken, Frame, Framed, Ping, StreamFramer
from aywa.proto.sip.stream_address import StreamAddress

QUEUE = 256  # messages: the peer stopped reading long before
IDLE_S = 600.0  # without a byte either way; phones ping every 120 s (RFC 5626 §4.4.1)
SEND_S = 10.0  # for one message; a peer that reads slower is gone
LINGER_S = 1.0  # for what is still to be said when the peer stopped sending
CHUNK = 16_384


class Connection:
    """A connection to `peer`, open or being opened."""

    def __init__(
        self,
        peer: StreamAddress,
        heard: Callable[[Connection, Frame], None],
        pause: Callable[[Connection], float | None] = lambda connection: 0.0,
    ) -> None:
        self.peer = peer
        self.open = True  # takes messages
        self.unsent: deque[tuple[bytes, Request | Response | None]] = deque()
        self._heard = heard
        self._pause = pause
        self._wake = trio.Event()
        self._emptied = trio.Event()
        self._active_at = trio.current_time()
        self._scope = trio.CancelScope()

    def send_nowait(self, data: bytes, message: Request | Response | None = None) -> None:
        """Queue bytes. Raises OSError: ENOBUFS when the queue is full, ENOTCONN when it is closed."""
        if not self.open:
            raise OSError(errno.ENOTCONN, "the connection is closed")
        if len(self.unsent) >= QUEUE:
            raise OSError(errno.ENOBUFS, "the peer does not read")
        self.unsent.append((data, message))
        self._wake.set()

    def close(self) -> None:
        """End `run`."""
        self.open = False
        self._scope.cancel()

    async def run(self, stream: trio.abc.Stream) -> None:
        """Read and write until either side closes or a limit is met; `stream` is closed then."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write, stream)
                    await self._read(stream)
                    await self._last_words()
                    nursery.cancel_scope.cancel()
        finally:
            self.open = False
            await trio.aclose_forcefully(stream)

    async def _read(self, stream: trio.abc.Stream) -> None:
        framer = StreamFramer()
        while True:
            idle_at = self._active_at + IDLE_S
            data: bytes | bytearray | None = None
            with trio.move_on_at(min(idle_at, framer.deadline or idle_at)):
                try:
                    data = await stream.receive_some(CHUNK)
                except trio.BrokenResourceError:
                    return
            now = trio.current_time()
            if data is None:
                frames = framer.handle_timers(now)
                if not frames and now >= self._active_at + IDLE_S:
                    return
            else:
                self._active_at = now
                frames = framer.receive(bytes(data), now) if data else framer.end()
            if not self._take(frames) or data == b"" or not await self._keep_pace(framer):
                return

    async def _keep_pace(self, framer: StreamFramer) -> bool:
        """Read nothing for as long as the peer is above its rate; False when it is to be closed.

        What it sends meanwhile waits in the kernel, and then with the peer: nothing is lost, and what is
        held here is one chunk.
        """
        pause_s = self._pause(self)
        if pause_s is None:
            return False
        if pause_s > 0.0:
            await trio.sleep(pause_s)
            framer.extend(pause_s)
            self._active_at = trio.current_time()
        return True

    def _take(self, frames: list[Frame]) -> bool:
        """Hand on what came; False when the connection must close."""
        if any(isinstance(frame, Ping) for frame in frames):
            with suppress(OSError):  # a flood of pings is answered as far as it is read
                self.send_nowait(PONG)
        for frame in frames:
            if isinstance(frame, Framed | Broken):
                self._heard(self, frame)
        return not any(isinstance(frame, Broken) for frame in frames)

    async def _last_words(self) -> None:
        """Let a refusal out before the end; a peer that closed its side only still reads it."""
        with trio.move_on_after(LINGER_S):
            while self.unsent:
                await self._emptied.wait()

    async def _write(self, stream: trio.abc.Stream) -> None:
        while True:
            while self.unsent:
                sent = False
                with trio.move_on_after(SEND_S), suppress(trio.BrokenResourceError):
                    await stream.send_all(self.unsent[0][0])
                    sent = True
                if not sent:
                    self.close()
                    return
                self._active_at = trio.current_time()
                self.unsent.popleft()
            self._emptied.set()
            self._emptied = trio.Event()
            self._wake = trio.Event()
            await self._wake.wait()
