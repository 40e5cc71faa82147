"""`/events`: what happens in calls while it happens, as server-sent events and as a websocket."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager

from quart import Blueprint, Response, g, request, websocket

from aywa.errors import OverloadedError
from aywa.events.subscription import Closed, CloseReason
from aywa_server.caller import caller
from aywa_server.event_pump import Pump
from aywa_server.event_query import EventQuery, parse_event_query
from aywa_server.event_view import COMMENT, RETRY_MS, alive_json, event_json, open_json, sse_of, text_of
from aywa_server.parts import EventSource, Parts
from aywa_server.stream_places import StreamPlaces

# RFC 6455 §7.4.1 and its registry
_CODES = {CloseReason.STOPPING: 1001, CloseReason.REFUSED: 1008, CloseReason.TOO_SLOW: 1013}
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # a proxy that collects would hold it up
Recheck = Callable[[], Awaitable[object]]


def event_routes(parts: Parts) -> Blueprint:
    """Both, on one path."""
    routes = Blueprint("events", __name__)
    places = StreamPlaces(parts.http.streams_per_key, parts.http.streams)

    @routes.get("/events")
    async def follow() -> Response:
        query = parse_event_query(request.args, request.headers, caller().org_id)
        key, source = caller().name, _source(parts)
        places.check(key)
        body = b"" if request.method == "HEAD" else _sse(source, query, places, key, g.recheck)
        response = Response(body, content_type="text/event-stream; charset=utf-8", headers=_HEADERS)
        response.timeout = None
        return response

    @routes.websocket("/events")
    async def follow_websocket() -> None:
        query = parse_event_query(websocket.args, websocket.headers, caller().org_id)
        key, source = caller().name, _source(parts)
        places.check(key)
        with _pump(source, query, places, key, g.recheck) as pump:
            await websocket.accept()
            await websocket.send(text_of(open_json(pump.listener.position)))
            code, why = 1000, ""
            async with aclosing(pump.pieces()) as pieces:
                async for piece in pieces:
                    for item in piece:
                        await websocket.send(text_of(event_json(item)))
                    if not piece:
                        await websocket.send(text_of(alive_json(pump.listener.position)))
                    elif isinstance(last := piece[-1], Closed):
                        code, why = _CODES[last.reason], last.reason.value
            await websocket.close(code, why)

    return routes


def _source(parts: Parts) -> EventSource:
    """Raises `OverloadedError` (503) where there is none, or none any more."""
    if parts.events is None or parts.events.closed:
        raise OverloadedError("the runtime is starting or stopping")
    return parts.events


@contextmanager
def _pump(
    source: EventSource, query: EventQuery, places: StreamPlaces, key: str, recheck: Recheck
) -> Iterator[Pump]:
    with places.hold(key), source.listen(query.wanted, query.start) as listener:
        yield Pump(listener, recheck, query.follow)


async def _sse(
    source: EventSource, query: EventQuery, places: StreamPlaces, key: str, recheck: Recheck
) -> AsyncGenerator[bytes, None]:
    with _pump(source, query, places, key, recheck) as pump:
        yield f"retry: {RETRY_MS}\n\n{sse_of(open_json(pump.listener.position))}".encode()
        async with aclosing(pump.pieces()) as pieces:
            async for piece in pieces:
                yield ("".join(sse_of(event_json(item)) for item in piece) or COMMENT).encode()
