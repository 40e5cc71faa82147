"""Control messages of Asterisk's websocket channel: one line of text, or a JSON object.

```
MEDIA_START connection_id:media channel:WebSocket/media/0x7f format:ulaw optimal_frame_size:160
{"event":"DTMF_END","channel_id":"17.9","digit":"5"}
```
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from aywa.errors import ParseError
from aywa.proto.asterisk_ws.events import (
    ControlFormat,
    Event,
    Fault,
    Flow,
    KeyPressed,
    MediaStart,
    Other,
    QueueStatus,
)

MAX_MESSAGE = 16_384  # characters: MEDIA_START as JSON carries the channel's variables
_MAX_FIELD = 256
_MAX_FRAME_BYTES = 65_500  # the longest message of Asterisk's websockets
_MAX_QUEUE = 1_000_000
_KEY = re.compile(r"[0-9*#A-D]")
_NAME = re.compile(r"[A-Z][A-Z_]{0,63}")
_FIELD = re.compile(r"([a-z_]{1,64}):(.*)", re.DOTALL)
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*")


def parse_event(text: str) -> tuple[ControlFormat, Event]:
    """Read one message, and how it was written. Raises ParseError."""
    if len(text) > MAX_MESSAGE:
        raise ParseError("A longer message than any that is sent", where="length")
    if text.lstrip(" \t\r\n")[:1] == "{":
        name, fields = _json_fields(text)
        return ControlFormat.JSON, _event(name, fields)
    name, fields = _plain_fields(text)
    return ControlFormat.PLAIN, _event(name, fields)


def _event(name: str, fields: Mapping[str, object]) -> Event:
    if name in (Flow.STOP.value, Flow.GO.value):
        return Flow(name)
    match name:
        case "MEDIA_START":
            ptime_ms = _number(fields, "ptime", 1000, 20)
            return MediaStart(
                connection_id=_text(fields, "connection_id"),
                channel=_text(fields, "channel"),
                format=_text(fields, "format"),
                frame_bytes=_number(fields, "optimal_frame_size", _MAX_FRAME_BYTES),
                ptime_ms=ptime_ms,
                channel_id=_text(fields, "channel_id", ""),
            )
        case "DTMF_END":
            key = _text(fields, "digit").upper()
            if _KEY.fullmatch(key) is None:
                raise ParseError("Not a key of a telephone", where="digit")
            return KeyPressed(key)
        case "STATUS":
            return QueueStatus(_number(fields, "queue_length", _MAX_QUEUE))
        case "ERROR":
            return Fault(_text(fields, "error_text", ""))
    return Other(name)


def _json_fields(text: str) -> tuple[str, Mapping[str, object]]:
    try:
        message = json.loads(text, parse_constant=_refuse, parse_int=_small)
    except (ValueError, RecursionError) as error:
        raise ParseError("Not JSON", where="message") from error
    name = message.get("event")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ParseError("A message without the name of its event", where="event")
    return name, message


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _small(digits: str) -> int:
    if len(digits) > 18:
        raise ValueError("a number longer than any that is sent")
    return int(digits)


def _plain_fields(text: str) -> tuple[str, Mapping[str, object]]:
    """`error_text` is the one field that may hold blanks: it is the last."""
    name, *words = text.split()[:64] or [""]
    if _NAME.fullmatch(name) is None:
        raise ParseError("A message without the name of its event", where="event")
    fields: dict[str, object] = {}
    for word in words:
        match = _FIELD.fullmatch(word)
        if match is not None:
            fields.setdefault(match[1], match[2])
    _, found, reason = text.partition(" error_text:")
    if found:
        fields["error_text"] = reason
    return name, fields


def _text(fields: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or _PRINTABLE.fullmatch(value) is None:
        raise ParseError("A field is missing or cannot be shown", where=name)
    if len(value) > _MAX_FIELD:
        if default is not None:
            return value[:_MAX_FIELD]
        raise ParseError("A field longer than any that is sent", where=name)
    return value


def _number(fields: Mapping[str, object], name: str, highest: int, default: int | None = None) -> int:
    value = fields.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise ParseError("A field is missing or no number that can be", where=name)
    return value
