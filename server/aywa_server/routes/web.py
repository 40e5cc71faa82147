"""`POST /call/web`, and the websocket that such a call is joined by."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import trio
from quart import Blueprint, Response, jsonify, websocket

from aywa.call.overhearing import Listener
from aywa.call.web import WebOrder
from aywa.errors import RequestError
from aywa.model.api_key import KeyScope
from aywa.model.web_call_order import WebCallOrder
from aywa.ports.store import CallType
from aywa.proto.sip.name_addr import NameAddr
from aywa.proto.sip.uri import Uri
from aywa_server.bodies import judge
from aywa_server.body import read_json_object
from aywa_server.call_assistant import leading_plan
from aywa_server.call_view import call_resource
from aywa_server.caller import caller, needs
from aywa_server.commanding import carry_out, parse_command
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url
from aywa_server.routes.resources import org_of_request

# What the other side of the call may ask for: nothing that reaches out of it, or looks into it.
_THEIRS = ("say", "add-message", "control")
CLOSE_S = 1.0


def web_routes(parts: Parts) -> Blueprint:
    """The route and the websocket."""
    routes = Blueprint("web", __name__)

    @routes.post("/call/web")
    @needs(KeyScope.CALLS)
    async def place_web() -> Response:
        body = await read_json_object()

        async def make(id: UUID | None) -> Response:
            return await place_web_call(parts, body, CallType.WEB)

        return await parts.once.answer(org_of_request(), body, make)

    @routes.websocket("/call/<call_id>/transport")
    @needs(KeyScope.CALLS)
    async def transport(call_id: str) -> None:
        await _join(parts, call_id)

    return routes


async def place_web_call(parts: Parts, asked: dict[str, object], kind: CallType) -> Response:
    """Make the call; 201 with it. Raises `RequestError` (400) naming the field, or what forbids it."""
    if "phoneNumberId" in asked:
        raise RequestError(
            "phoneNumberId: must not be given for a call by websocket",
            code="invalid-field",
            field="phoneNumberId",
        )
    wanted = judge(WebCallOrder, asked)
    _, plan = await leading_plan(parts, asked)
    audio = wanted.transport.audio_format
    rate_hz = audio.sample_rate or (8000 if audio.format == "mulaw" else 16_000)
    if audio.format == "mulaw" and rate_hz != 8000:
        field = "transport.audioFormat.sampleRate"
        raise RequestError(f"{field}: must be 8000 for mulaw", code="invalid-field", field=field)
    user = wanted.customer.number or "web"
    who = NameAddr(wanted.customer.name, Uri("sip", user, host="web.invalid"))
    order = WebOrder(
        kind,
        {
            "provider": wanted.transport.provider,
            "audioFormat": {"format": audio.format, "container": "raw", "sampleRate": rate_hz},
        },
        str(who),
        caller().name,
        wanted.name,
        plan,
        caller().org_id,
    )
    row = await parts.calls.open_web(order)
    response = jsonify(call_resource(row, base_url(parts), tokens=parts.tokens).to_json())
    response.status_code = 201
    response.headers["Location"] = f"{base_url(parts)}/call/{row.id}"
    return response


class _Socket:
    """The websocket of this request, for tasks that are not its own. Implements `MessageSocket`."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._turn = trio.Lock()
        self._closed = False

    async def send(self, message: str | bytes) -> None:
        """One message."""
        async with self._turn:
            if self._closed:
                raise trio.ClosedResourceError("the websocket is closed")
            await self._socket.send(message)

    async def close(self, reason: str) -> None:
        """Close it; bounded. Nothing happens the second time."""
        with trio.move_on_after(CLOSE_S):
            async with self._turn:
                if not self._closed:
                    self._closed = True
                    await self._socket.close(1000, reason)

    def gone(self) -> None:
        """The far side has closed it."""
        self._closed = True


async def _join(parts: Parts, call_id: str) -> None:
    row, call = parts.calls.row(call_id), parts.calls.overhear(call_id)
    if row is None or call is None:
        detail = "the call is not up in this worker: it is over, or another worker carries it"
        raise RequestError(detail, http_status=409, code="call-not-live")
    if row.org_id != caller().org_id:
        raise RequestError("there is no call with this id", http_status=404, code="call-not-found")
    socket = _Socket(websocket._get_current_object())  # type: ignore[attr-defined]

    async def command(said: dict[str, object]) -> None:
        await socket.send(json.dumps(await _obey(parts, call_id, said)))

    source = (websocket.remote_addr or "", 0)
    with call.follow() as news:
        link = parts.calls.join_web(call_id, socket, source, command)
        try:
            await websocket.accept()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_tell, news, socket)

                async def read() -> None:
                    while True:
                        await link.put(await websocket.receive())

                nursery.start_soon(read)
                await link.over.wait()
                nursery.cancel_scope.cancel()
        finally:
            link.leave()
            if not link.over.is_set():
                socket.gone()


async def _obey(parts: Parts, call_id: str, said: dict[str, object]) -> dict[str, object]:
    """Do what the other side of the call asks for; the answer to it."""
    try:
        command = parse_command(said)
        if command.type not in _THEIRS:
            raise RequestError(
                f"type must be one of {', '.join(_THEIRS)}, dtmf, hangup", code="unknown-type", field="type"
            )
        row = parts.calls.row(call_id)
        if row is None:
            raise RequestError("the call has ended", http_status=409, code="call-not-live")
        await carry_out(parts, row, command)
    except RequestError as error:
        return {"type": "error", "code": error.code, "message": error.detail, "field": error.field}
    return {"type": "accepted", "command": command.type}


async def _tell(news: Listener, socket: _Socket) -> None:
    """What is understood and said, as it is settled."""
    while (piece := await news.next()) is not None:
        assert not isinstance(piece, bytes), "whoever follows hears no audio"
        await socket.send(json.dumps(piece, ensure_ascii=False))
