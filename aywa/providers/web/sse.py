"""Server-sent events (WHATWG HTML §9.2.6) out of bytes as they come, wherever they are cut. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from aywa.errors import ParseError

MAX_EVENT = 1_048_576  # bytes of one event: an answer's longest piece is a tool's arguments
_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(rb"[A-Za-z_-]{0,32}")


class SseEvent(NamedTuple):
    """One event. `event`: its type; `id`: the last one that was named up to it."""

    event: str
    data: str
    id: str = ""


class SseParser:
    """One stream. What is not UTF-8 reads as U+FFFD; `retry` and comments are passed over."""

    def __init__(self, *, max_event: int = MAX_EVENT, strict: bool = False) -> None:
        """`max_event`: bytes of one event, in all of its lines, at most.

        `strict`: a line that does not begin with the name of any field is an error. By the standard it is
        passed over, and with it the word that it may have held.
        """
        self._max = max_event
        self._strict = strict
        self._line = bytearray()  # its end has not come
        self._after_cr = False  # a line feed that comes now belongs to the line before
        self._began = False
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = ""

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that these bytes complete. Raises ParseError when one is too long, or a line is none."""
        if self._after_cr and data:
            self._after_cr = False
            if data[0] == 0x0A:
                data = data[1:]
        if b"\r" in data:
            self._after_cr = data[-1] == 0x0D
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = data.split(b"\n")
        self._line += first
        if len(self._line) + self._size > self._max:
            raise ParseError(f"an event is longer than {self._max} bytes")
        if not others:
            return []
        events: list[SseEvent] = []
        self._take(bytes(self._line), events)
        for line in others[:-1]:
            self._take(line, events)
        self._line = bytearray(others[-1])
        return events

    def finish(self) -> list[SseEvent]:
        """The stream is over: what it left without a blank line behind it.

        The standard drops it; servers of language models end in such a way and mean it.
        """
        events: list[SseEvent] = []
        if self._line:
            self._take(bytes(self._line), events)
            self._line.clear()
        self._take(b"", events)
        return events

    def _take(self, line: bytes, events: list[SseEvent]) -> None:
        """One whole line."""
        if not self._began:
            self._began = True
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                events.append(SseEvent(self._event or "message", "\n".join(self._data), self._id))
                self._data.clear()
                self._size = 0
            self._event = ""
            return
        name, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if name == b"data":
            self._size += len(value) + 1
            if self._size > self._max:
                raise ParseError(f"an event is longer than {self._max} bytes")
            self._data.append(value.decode("utf-8", "replace"))
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\x00" not in value:
            self._id = value.decode("utf-8", "replace")
        elif self._strict and not _NAME.fullmatch(name):
            raise ParseError("a line begins with no field")
