"""The Model Context Protocol on the wire: JSON-RPC 2.0 messages, and events that carry them. Pure.

By the specification of 2025-06-18 (sections Lifecycle, Transports and Tools).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aywa import __version__
from aywa.model.strict_json import JsonError, read_json
from aywa.ports.llm import ToolSpec

VERSION = "2025-06-18"
MAX_TOOLS = 500  # of one server
MAX_EVENT = 1 << 20  # characters
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DESCRIPTION_LENGTH = 4096
_OPEN: dict[str, object] = {"type": "object", "properties": {}}


class McpWireError(Exception):
    """What came is no message of the protocol, or says that something failed; the words may be told."""

    def __init__(self, detail: str, *, answered: bool = False) -> None:
        """`answered`: the server has said so, to the request that was asked."""
        super().__init__(detail)
        self.detail = detail
        self.answered = answered


def request(id: int, method: str, params: Mapping[str, object]) -> bytes:
    """A request with this id."""
    return _bytes({"jsonrpc": "2.0", "id": id, "method": method, "params": dict(params)})


def notification(method: str) -> bytes:
    """A message that is not answered."""
    return _bytes({"jsonrpc": "2.0", "method": method})


def opening() -> dict[str, object]:
    """What `initialize` says of us."""
    return {
        "protocolVersion": VERSION,
        "capabilities": {},
        "clientInfo": {"name": "aywa", "version": __version__},
    }


def answer_in(body: bytes | str, id: int) -> Mapping[str, object] | None:
    """The result of the request with this id, if this is its answer; None for any other message.

    Raises `McpWireError`.
    """
    try:
        message = read_json(body)
    except JsonError as error:
        raise McpWireError(f"the server sent no JSON: {error}") from None
    messages = message if isinstance(message, list) else [message]
    for each in messages:
        if not isinstance(each, Mapping) or each.get("id") != id or "method" in each:
            continue
        error_ = each.get("error")
        if isinstance(error_, Mapping):
            raise McpWireError(str(error_.get("message") or "the server refuses"), answered=True)
        result = each.get("result")
        if not isinstance(result, Mapping):
            raise McpWireError("the server answered no result")
        return result
    return None


def tools_in(result: Mapping[str, object]) -> tuple[list[ToolSpec], str | None]:
    """The tools of a page of `tools/list`, and where the next one begins. Those without a usable name are
    left out.
    """
    found: list[ToolSpec] = []
    listed = result.get("tools")
    for tool in listed if isinstance(listed, list) else ():
        if not isinstance(tool, Mapping):
            continue
        name, schema = tool.get("name"), tool.get("inputSchema")
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            continue
        description = str(tool.get("description") or tool.get("title") or "")[:_DESCRIPTION_LENGTH]
        found.append(ToolSpec(name, description, dict(schema) if isinstance(schema, Mapping) else _OPEN))
    cursor = result.get("nextCursor")
    return found, cursor if isinstance(cursor, str) and cursor else None


def value_of(result: Mapping[str, object]) -> dict[str, object]:
    """What a tool answered: `{"result": …}`, or `{"error": …}` where it says that it failed."""
    content = result.get("content")
    texts = [
        str(part["text"])
        for part in (content if isinstance(content, list) else ())
        if isinstance(part, Mapping) and part.get("type") == "text" and "text" in part
    ]
    said = "\n".join(texts)
    if result.get("isError"):
        return {"error": said or "the tool failed"}
    structured = result.get("structuredContent")
    return {"result": said if structured is None else structured}


@dataclass(frozen=True, slots=True)
class Event:
    """A server-sent event."""

    name: str
    data: str


class EventReader:
    """Server-sent events out of pieces of a body (HTML Living Standard, section 9.2.6)."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[Event]:
        """The events that are complete by now. Raises `McpWireError` for one that is too large."""
        *lines, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        if len(self._rest) > MAX_EVENT:
            raise McpWireError("an event is too large")
        return [event for line in lines if (event := self._line(line.decode("utf-8", "replace"))) is not None]

    def _line(self, line: str) -> Event | None:
        if not line:
            event = Event(self._name or "message", "\n".join(self._data)) if self._data else None
            self._name, self._data, self._size = "", [], 0
            return event
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._size += len(value)
            if self._size > MAX_EVENT:
                raise McpWireError("an event is too large")
            self._data.append(value)
        return None


def _bytes(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False, default=str, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
