"""What an emulator is asked, and how it answers; faults strike here, so that no emulator knows of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import h11
import trio

from aywa.emulators.faults import Fault, FaultKind

GARBAGE = b'{"type": "\xff\xfe'
_FIRST = (FaultKind.REFUSE, FaultKind.HANG, FaultKind.STATUS)


class Struck(Exception):  # noqa: N818  # no error: it ends a connection as it should
    """The connection is over, as a fault wants it. `reset`: by a reset, without goodbye."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


@dataclass(frozen=True, slots=True)
class Request:
    """A request. Names of `headers` are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    fault: Fault | None = field(default=None, compare=False)

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """Every value of every name."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def one(self, name: str, usual: str = "") -> str:
        """The first value of a name in the query."""
        return self.query.get(name, [usual])[0]

    def json(self) -> dict[str, object]:
        """The body, {} where it is no object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


class Emulator(Protocol):
    """One vendor."""

    @property
    def name(self) -> str:
        """As in credentials: "deepgram"."""

    async def http(self, request: Request, reply: Reply) -> None:
        """Answer a request."""

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """Accept or reject a websocket, and serve it until it ends."""


class EmulatorSocket(Protocol):
    """A websocket of an emulator's."""

    async def accept(self, subprotocol: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Shake hands."""

    async def reject(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Refuse with an HTTP status."""

    async def send(self, message: str | bytes) -> None:
        """One message. Raises trio.BrokenResourceError when nobody is there."""

    async def receive(self) -> str | bytes | None:
        """The next message; None when the client has closed."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it."""


class Striker:
    """Strikes with one fault where it is due."""

    def __init__(self, fault: Fault | None) -> None:
        self.fault = fault
        self._sent = 0
        self._held: list[str | bytes] = []

    async def before_answer(self) -> int | None:
        """What comes instead of an answer's head: nothing ever, a reset, or this status."""
        fault = self.fault
        if fault is None:
            return None
        match fault.kind:
            case FaultKind.REFUSE:
                raise Struck(reset=True)
            case FaultKind.HANG:
                await trio.sleep_forever()
            case FaultKind.SLOW:
                await trio.sleep(fault.seconds)
            case FaultKind.STATUS:
                return fault.status
        return None

    async def frames(self, frame: str | bytes) -> list[str | bytes]:
        """What goes out for a frame. Raises Struck where the connection ends instead."""
        fault = self.fault
        if fault is None:
            return [frame]
        due = self._sent == fault.after
        past = self._sent > fault.after
        self._sent += 1
        match fault.kind:
            case FaultKind.SILENT:
                await trio.sleep_forever()
            case FaultKind.STALL if due or past:
                await trio.sleep_forever()
            case FaultKind.RESET if due:
                raise Struck(reset=True)
            case FaultKind.CLOSE if due:
                raise Struck
            case FaultKind.MALFORMED if due:
                if isinstance(frame, str):
                    return [GARBAGE.decode("latin-1")]
                return [GARBAGE.ljust(len(frame))[: len(frame)]]  # an announced length stays true
            case FaultKind.SHUFFLED if due:
                self._held.append(frame)
                return []
            case FaultKind.SHUFFLED if self._held:
                return [frame, self._held.pop()]
        return [frame]

    def rest(self) -> list[str | bytes]:
        """What was held back and has no next frame to come behind."""
        held, self._held = self._held, []
        return held


class Reply:
    """The answer to one HTTP request."""

    def __init__(self, connection: h11.Connection, stream: trio.abc.Stream, fault: Fault | None) -> None:
        self._connection = connection
        self._stream = stream
        self._striker = Striker(fault)
        self.begun = False

    async def json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer of JSON."""
        await self.whole(
            status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    async def whole(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer."""
        if await self.begin(status, {"Content-Length": str(len(body)), **(headers or {})}):
            if body:
                await self.send(body)
            await self.end()

    async def begin(self, status: int, headers: Mapping[str, str] | None = None) -> bool:
        """The head. False: a fault has answered instead, and nothing more is to be sent."""
        instead = await self._striker.before_answer()
        self.begun = True
        if instead is not None:
            await self._instead(instead)
            return False
        fields = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        await self._out(h11.Response(status_code=status, headers=fields))
        return True

    async def send(self, piece: bytes) -> None:
        """A piece of the body."""
        for frame in await self._striker.frames(piece):
            assert isinstance(frame, bytes)
            await self._out(h11.Data(data=frame))

    async def end(self) -> None:
        """The end of the body."""
        for frame in self._striker.rest():
            assert isinstance(frame, bytes)
            await self._out(h11.Data(data=frame))
        await self._out(h11.EndOfMessage())

    async def _instead(self, status: int) -> None:
        fault = self._striker.fault
        body = b'{"error": {"type": "emulated", "message": "as the fault plan says"}}'
        fields = [(b"Content-Type", b"application/json"), (b"Content-Length", str(len(body)).encode())]
        if fault is not None and fault.retry_after_s is not None:
            fields.append((b"Retry-After", f"{fault.retry_after_s:g}".encode()))
        await self._out(h11.Response(status_code=status, headers=fields))
        await self._out(h11.Data(data=body))
        await self._out(h11.EndOfMessage())

    async def _out(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        if data:
            await self._stream.send_all(data)
