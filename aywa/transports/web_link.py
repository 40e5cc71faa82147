"""A call over a websocket of the API's own: raw audio in binary messages, JSON beside it.

```
in   binary   audio, in pieces of any length
     {"type": "hangup"} or {"type": "end-call"}      the call is over
     {"type": "dtmf", "digits": "12#"}               keys of the caller's
     anything else                                   a command to the call
out  binary   audio, 20 ms at a time at the pace it is spoken
     {"type": "hangup"}                              the call is over, before the websocket is closed
```
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import trio

from aywa.errors import ParseError
from aywa.transports.coding import SLIN, SLIN16, ULAW, StreamCoding
from aywa.transports.link import Audio, Gone, Key, LinkEvent, Origin

LIMIT_MS = 300.0
MAX_AUDIO = 64_000  # bytes of one message: two seconds of the widest coding
MAX_TEXT = 65_536
_KEYS = frozenset("0123456789*#ABCD")
_WAITING = 64  # messages that are not read yet

# By format and samples a second, as the API names them.
WEB_CODINGS: Mapping[tuple[str, int], StreamCoding] = {
    ("pcm_s16le", 16_000): SLIN16,
    ("pcm_s16le", 8_000): SLIN,
    ("mulaw", 8_000): ULAW,
}


class MessageSocket(Protocol):
    """A websocket that is open. Both raise `trio.BrokenResourceError` or `trio.ClosedResourceError`."""

    async def send(self, message: str | bytes) -> None:
        """One message."""

    async def close(self, reason: str) -> None:
        """Close it, once or again."""


class WebLink:
    """Implements `Link`. Whoever reads the websocket puts what it says in, and `leave` at its end."""

    cushion_ms = 0.0
    limit_ms = LIMIT_MS

    def __init__(
        self,
        socket: MessageSocket,
        coding: StreamCoding,
        origin: Origin,
        command: Callable[[dict[str, object]], Awaitable[None]],
    ) -> None:
        """`command` is given what is a command to the call, and answers for itself."""
        self.coding = coding
        self.origin = origin
        self._socket = socket
        self._command = command
        self._put, self._messages = trio.open_memory_channel[str | bytes](_WAITING)
        self._rest = b""  # half a tick
        self.over = trio.Event()

    async def put(self, message: str | bytes) -> None:
        """A message came; waits while more are waiting than are worth keeping."""
        await self._put.send(message)

    def leave(self) -> None:
        """The websocket is closed."""
        self._put.close()

    async def receive(self) -> list[LinkEvent]:
        """See `Link`."""
        events: list[LinkEvent] = []
        while not events:
            try:
                events = await self._events(await self._messages.receive())
            except trio.EndOfChannel:
                return [Gone(True)]
            except ParseError as error:
                return [Gone(False, error.detail)]
        return events

    async def answer(self) -> None:
        """Whoever connected is heard from now on."""
        await self._say({"type": "status-update", "status": "in-progress"})

    async def send_audio(self, packets: Sequence[bytes], coding: StreamCoding) -> None:
        """See `Link`."""
        await self._socket.send(b"".join(packets))

    async def ask(self) -> None:
        """Nothing: there is no question."""

    async def flush(self) -> None:
        """Nothing: what was sent is being heard."""

    async def hang_up(self) -> None:
        """See `Link`."""
        await self._say({"type": "hangup"})
        await self._socket.close("call-ended")
        self.over.set()

    async def aclose(self) -> None:
        """See `Link`."""
        self.over.set()
        await self._socket.close("call-ended")

    async def _say(self, message: Mapping[str, object]) -> None:
        await self._socket.send(json.dumps(message))

    async def _events(self, message: str | bytes) -> list[LinkEvent]:
        """Raises ParseError."""
        if isinstance(message, bytes):
            return self._audio(message)
        if len(message) > MAX_TEXT:
            raise ParseError("A longer text than any command", where="text message")
        try:
            said = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise ParseError("A text that is no JSON", where="text message") from error
        if not isinstance(said, dict):
            raise ParseError("A text that is no JSON object", where="text message")
        match said.get("type"):
            case "hangup" | "end-call":
                return [Gone(True)]
            case "dtmf":
                return [Key(key) for key in str(said.get("digits", ""))[:32] if key in _KEYS]
            case _:
                await self._command(said)
        return []

    def _audio(self, data: bytes) -> list[LinkEvent]:
        if len(data) > MAX_AUDIO:
            raise ParseError("More audio at once than is live", where="binary message")
        data = self._rest + data
        whole = len(data) - len(data) % self.coding.tick_bytes
        self._rest = data[whole:]
        return [Audio(data[:whole], self.coding)] if whole else []
