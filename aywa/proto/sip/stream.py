"""Byte streams to messages (RFC 3261 §7.5, §18.3; keep-alive of RFC 5626 §3.5.1).

What a stream brings is measured before it is parsed: `parse_datagram` only sees whole messages within the
limits. A stream whose framing is lost cannot be read on: `Broken` is the last frame, and the connection must
close.

```
bytes -> receive() -> Framed  -> parse_datagram
             |        Ping    -> PONG
          deadline    Broken  -> refuse what can be refused, close
             |
       handle_timers() / end()
```
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.errors import ParseError
from aywa.proto.sip.parser import MAX_DATAGRAM, MAX_HEADERS, MAX_LINE

PONG = b"\r\n"  # the answer to a double CRLF (RFC 5626 §3.5.1)
PING = b"\r\n\r\n"
# What fits into a datagram fits into a stream, so that no message depends on its transport.
MAX_HEAD = 32 * 1024
MAX_BODY = MAX_DATAGRAM - MAX_HEAD
MESSAGE_S = 10.0  # seconds from its first byte in which a message must be whole
_END = b"\r\n\r\n"


class State(Enum):
    """What the next byte belongs to."""

    BETWEEN = "no message has begun"
    HEAD = "a start line or header section"
    BODY = "a body of known length"
    BROKEN = "nothing: the framing is lost"


@dataclass(frozen=True, slots=True)
class Framed:
    """The bytes of one whole message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """The peer asks for `PONG`."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream cannot be read on. `data` is what came of the message, `error` what is wrong with it."""

    data: bytes
    error: ParseError


Frame: TypeAlias = Framed | Ping | Broken


class StreamFramer:
    """Cuts one peer's bytes into messages. Holds at most one message and what came behind it at once."""

    def __init__(self) -> None:
        self.state = State.BETWEEN
        self.deadline: float | None = None  # monotonic seconds: when the message begun must be whole
        self._buffer = bytearray()
        self._matched = 0  # bytes of a PING seen between messages
        self._searched = 0  # bytes of the head that hold no end
        self._lines = 0  # line ends among them
        self._length = 0  # of head and body together

    def receive(self, data: bytes, now: float) -> list[Frame]:
        """Take bytes at `now` and return what they completed, in order. Never raises."""
        frames: list[Frame] = []
        if self.state is State.BROKEN:
            return frames
        self._buffer += data
        try:
            while self._advance(frames, now):
                pass
        except ParseError as error:
            self._break(frames, error)
        return frames

    def handle_timers(self, now: float) -> list[Frame]:
        """Give up on a message that took too long (`MESSAGE_S`)."""
        frames: list[Frame] = []
        if self.deadline is not None and now >= self.deadline:
            self._break(frames, ParseError("The message did not come in time", where="stream"))
        return frames

    def extend(self, seconds: float) -> None:
        """Nothing was read for so long, which is not the peer's fault."""
        if self.deadline is not None:
            self.deadline += seconds

    def end(self) -> list[Frame]:
        """The peer sends no more: a message that was cut short is broken."""
        frames: list[Frame] = []
        if self.state in (State.HEAD, State.BODY):
            self._break(frames, ParseError("The stream ends within a message", where="stream"))
        return frames

    def _advance(self, frames: list[Frame], now: float) -> bool:
        """Go on by one state; False when more bytes are needed."""
        match self.state:
            case State.BETWEEN:
                return self._skip_line_ends(frames, now)
            case State.HEAD:
                return self._find_head()
            case State.BODY:
                return self._take_message(frames)
            case _:
                return False

    def _skip_line_ends(self, frames: list[Frame], now: float) -> bool:
        """Line ends before a start line are ignored (§7.5), but for the pings among them."""
        count = len(self._buffer) - len(self._buffer.lstrip(PING))
        for byte in self._buffer[:count]:
            self._matched = self._matched + 1 if byte == PING[self._matched] else int(byte == PING[0])
            if self._matched == len(PING):
                self._matched = 0
                frames.append(Ping())
        del self._buffer[:count]
        if not self._buffer:
            return False
        self._matched = self._searched = self._lines = 0
        self._enter(State.HEAD, now + MESSAGE_S)
        return True

    def _find_head(self) -> bool:
        """Look for the empty line, each byte once, and no further than the limits."""
        end = self._buffer.find(_END, max(0, self._searched - len(_END) + 1))
        head = len(self._buffer) if end < 0 else end
        self._lines += self._buffer.count(b"\n", self._searched, head)
        self._lines -= self._buffer.count(b"\n", head, self._searched)  # counted before the end was whole
        if self._searched <= MAX_LINE + 1:
            start = self._buffer.find(b"\n", 0, head)
            if (head if start < 0 else start) > MAX_LINE + 1:  # a CR may stand before the LF
                raise ParseError("The start line is too long", where="stream", status_hint=513)
        # An end that is cut in two counts as three bytes and a line more.
        slack = 0 if end >= 0 else len(_END) - 1
        if head > MAX_HEAD + slack or self._lines > MAX_HEADERS + (1 if slack else 0):
            raise ParseError("The header section is too long", where="stream", status_hint=513)
        self._searched = head
        if end < 0:
            return False
        self._length = head + len(_END) + _content_length(bytes(self._buffer[:head]))
        self._enter(State.BODY, self.deadline)
        return True

    def _take_message(self, frames: list[Frame]) -> bool:
        if len(self._buffer) < self._length:
            return False
        frames.append(Framed(bytes(self._buffer[: self._length])))
        del self._buffer[: self._length]
        self._enter(State.BETWEEN, None)
        return bool(self._buffer)

    def _enter(self, state: State, deadline: float | None) -> None:
        self.state, self.deadline = state, deadline

    def _break(self, frames: list[Frame], error: ParseError) -> None:
        self._enter(State.BROKEN, None)
        frames.append(Broken(bytes(self._buffer[:MAX_DATAGRAM]), error))
        self._buffer.clear()


def _content_length(head: bytes) -> int:
    """What the one Content-Length says (§18.3). ParseError unless it is there once, a number in range."""
    found: list[bytes] = []
    fields = head.replace(b"\r\n ", b"  ").replace(b"\r\n\t", b"  ").split(b"\r\n")[1:]
    for field in fields:
        name, _, value = field.partition(b":")
        if name.strip(b" \t").lower() in (b"content-length", b"l"):
            found.append(value.strip(b" \t"))
    if not found:
        raise ParseError("No Content-Length on a stream", where="Content-Length")
    if len(found) > 1:
        raise ParseError("Content-Length is given twice", where="Content-Length")
    digits = found[0]
    if not digits.isdigit() or len(digits) > 10:
        raise ParseError("Content-Length is not a number", where="Content-Length")
    if int(digits) > MAX_BODY:
        raise ParseError("The body is too long", where="stream", status_hint=513)
    return int(digits)
