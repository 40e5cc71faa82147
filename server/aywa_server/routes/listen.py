"""`/call/:id/listen`: hear a live call, both sides as PCM in stereo, and what is understood as JSON."""

from __future__ import annotations

import trio
from quart import Blueprint, websocket

from aywa.call.overhearing import TOO_SLOW, Listener, Overhearing
from aywa.errors import RequestError
from aywa.model.api_key import KeyScope
from aywa_server.caller import caller, needs
from aywa_server.parts import Parts
from aywa_server.socket_messages import NORMAL, POLICY, close_for, send_piece

LISTEN = "listen.listen"  # the endpoint
GRACE_S = 2.0  # for one that is cut off to read why


def listen_routes(parts: Parts) -> Blueprint:
    """The websocket."""
    routes = Blueprint("listen", __name__)

    @routes.websocket("/call/<call_id>/listen")
    @needs(KeyScope.READ)
    async def listen(call_id: str) -> None:
        call = overheard(parts, call_id)
        with call.listen() as listener:
            await websocket.accept()
            await _serve(call, listener)
        await close_for(listener.why, POLICY if listener.why == TOO_SLOW else NORMAL)

    return routes


def overheard(parts: Parts, call_id: str) -> Overhearing:
    """The live call of the caller's organisation; raises `RequestError` (404, 409, 403)."""
    row, call = parts.calls.row(call_id), parts.calls.overhear(call_id)
    if row is None or call is None:
        detail = "the call is not up in this worker: it is over, or another worker carries it"
        raise RequestError(detail, http_status=409, code="call-not-live")
    if row.org_id != caller().org_id:
        raise RequestError("there is no call with this id", http_status=404, code="call-not-found")
    if not (row.monitor or {}).get("listen", True):
        raise RequestError(
            "the assistant's monitorPlan lets nobody listen", http_status=403, code="listening-disabled"
        )
    return call


async def _serve(call: Overhearing, listener: Listener) -> None:
    """Until there is nothing more to hear for this listener."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(call.pump)
        nursery.start_soon(_ignore_messages)
        nursery.start_soon(_cut_off, listener, nursery.cancel_scope)
        while (piece := await listener.next()) is not None:
            await send_piece(piece)
        nursery.cancel_scope.cancel()


async def _ignore_messages() -> None:
    """Read what a listener says, or its going away would not be noticed behind it."""
    while True:
        await websocket.receive()


async def _cut_off(listener: Listener, sending: trio.CancelScope) -> None:
    """End a send that hangs once the listener is cut off."""
    await listener.ended.wait()
    await trio.sleep(GRACE_S)
    sending.cancel()
