"""Calls by websocket: made by the API, and joined there by whoever has the token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from aywa.call.live import LiveCall
from aywa.call.table import CallTable
from aywa.call.web import WebOrder
from aywa.errors import RequestError
from aywa.transports.counters import StreamCounters
from aywa.transports.link import Origin
from aywa.transports.web_door import WebDoor
from aywa.transports.web_link import WEB_CODINGS, MessageSocket, WebLink


class WebCalls:
    """Those of one worker."""

    def __init__(self, table: CallTable, media_host: str, rng: Random, counters: StreamCounters) -> None:
        self._table = table
        self._media_host = "127.0.0.1" if media_host == "0.0.0.0" else media_host
        self._rng = rng
        self._counters = counters
        self._doors: dict[str, WebDoor] = {}

    def place(self, order: WebOrder) -> LiveCall:
        """Make a call that waits for its other side. Raises OverloadedError before anything of it exists."""
        door = WebDoor(self._media_host, self._rng, self._counters)
        live = self._table.take_web(order, door)
        self._doors = {id: door for id, door in self._doors.items() if self._table.get(id) is not None}
        self._doors[live.id] = door
        return live

    def join(
        self,
        call_id: str,
        socket: MessageSocket,
        source: tuple[str, int],
        command: Callable[[dict[str, object]], Awaitable[None]],
    ) -> WebLink:
        """The other side has connected. Raises RequestError (409) when it cannot be let in."""
        door, live = self._doors.get(call_id), self._table.get(call_id)
        if door is None or live is None or live.row.transport is None:
            raise RequestError("the call waits for no websocket", http_status=409, code="call-not-live")
        audio = live.row.transport["audioFormat"]
        assert isinstance(audio, dict), "as the order has it"
        coding = WEB_CODINGS[audio["format"], audio["sampleRate"]]
        origin = Origin(
            call_id,
            "sip:web@web.invalid",
            "sip:assistant@web.invalid",
            (("X-Transport", "websocket"),),
        )
        link = WebLink(socket, coding, origin, command)
        door.join(link, source)
        return link
