"""Events as a stream says them: JSON, in a websocket's messages or as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from aywa.events.event import StreamEvent
from aywa.events.ids import EventId
from aywa.events.subscription import Closed, Item
from aywa.model.base import iso_ms

RETRY_MS = 2_000  # after which a client whose stream broke asks again
COMMENT = ":\n\n"  # says that the line is alive; clients pass over it


def event_json(item: Item) -> dict[str, object]:
    """One message."""
    if isinstance(item, StreamEvent):
        event = item.event
        return {
            "id": str(item.id),
            "type": event.kind,
            "callId": event.call_id,
            **({"assistantId": event.assistant_id} if event.assistant_id else {}),
            "seq": event.seq,
            "at": iso_ms(datetime.fromtimestamp(event.wall_ms / 1000, UTC)),
            "atMs": event.at_ms,
            "data": dict(event.data),
        }
    if isinstance(item, Closed):
        return {"id": str(item.id), "type": "closed", "reason": item.reason.value}
    lost = {} if item.lost is None else {"lost": item.lost}
    return {"id": str(item.id), "type": "gap", "reason": item.reason, **lost}


def open_json(position: EventId) -> dict[str, object]:
    """The first message: the place from which the stream goes on."""
    return {"id": str(position), "type": "open"}


def alive_json(position: EventId) -> dict[str, object]:
    """What a websocket says when nothing happens: pings of the server's would hold a closed one open."""
    return {"id": str(position), "type": "heartbeat"}


def text_of(message: Mapping[str, object]) -> str:
    """On one line. What JSON has no word for is told as text, half a surrogate pair as a mark."""
    text = json.dumps(message, ensure_ascii=False, default=str, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")


def sse_of(message: Mapping[str, object]) -> str:
    """As a server-sent event."""
    return f"id: {message['id']}\nevent: {message['type']}\ndata: {text_of(message)}\n\n"
