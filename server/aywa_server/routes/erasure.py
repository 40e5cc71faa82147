"""`DELETE /call/:id` and `POST /erasure`: calls are forgotten, with everything that they have left behind."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, Response, g, jsonify

from aywa.clock import wall_now
from aywa.errors import RequestError, StoreError
from aywa.model.api_key import KeyScope
from aywa.model.audit import AuditEntry
from aywa.model.erasure import ErasureReport, NewErasure
from aywa.model.numbers_in import number_key
from aywa_server.bodies import read_body, uuid_or_none
from aywa_server.caller import caller, needs
from aywa_server.parts import Eraser, Parts


def erasure_routes(parts: Parts) -> Blueprint:
    """The routes. 200: all of it is gone; 202: what `underWay` names is not yet."""
    routes = Blueprint("erasure", __name__)

    @routes.delete("/call/<call_id>")
    async def erase_call(call_id: str) -> tuple[Response, int]:
        wanted = uuid_or_none(call_id)
        if wanted is None:
            raise RequestError("there is no call with this id", http_status=404, code="call-not-found")
        report = await _eraser(parts).erase_call(_whose(), str(wanted), _entry("call.erase"))
        return _answer(report)

    @routes.post("/erasure")
    @needs(KeyScope.ADMIN)
    async def erase_number() -> tuple[Response, int]:
        wanted = await read_body(NewErasure)
        key = number_key(wanted.phone_number)
        assert key is not None, "it was validated"
        return _answer(await _eraser(parts).erase_number(_whose(), key, _entry("number.erase")))

    return routes


def _answer(report: ErasureReport) -> tuple[Response, int]:
    return jsonify(report.to_json()), 202 if report.under_way else 200


def _eraser(parts: Parts) -> Eraser:
    if parts.eraser is None:
        raise StoreError("this API has no database")
    return parts.eraser


def _whose() -> UUID:
    return caller().org_id


def _entry(action: str) -> AuditEntry:
    """Without what was erased: the log is never changed."""
    return AuditEntry(caller().actor, action, "call", "", wall_now(), request_id=g.request_id)
