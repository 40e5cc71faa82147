"""`GET /audit-log`: what administrators did to the caller's organisation, and whether the log is whole."""

from __future__ import annotations

import re

from quart import Blueprint, Response, jsonify, request

from aywa.errors import RequestError
from aywa.model.api_key import KeyScope
from aywa.model.audit import audit_item
from aywa_server.bodies import read_query
from aywa_server.call_query import refuse_unknown
from aywa_server.caller import caller, needs
from aywa_server.cursor import link_to
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url
from aywa_server.routes.organizations import tenancy_of

_HASH = re.compile("[0-9a-f]{64}")


def audit_routes(parts: Parts) -> Blueprint:
    """Both routes."""
    routes = Blueprint("audit", __name__)

    @routes.get("/audit-log")
    @needs(KeyScope.ADMIN)
    async def list_audit() -> Response:
        query = read_query("limit", "seqLt")
        limit = query.get("limit", 100)
        rows = await tenancy_of(parts).audit.list(caller().org_id, limit=limit + 1, before=query.get("seqLt"))
        response = jsonify([audit_item(row).to_json() for row in rows[:limit]])
        if len(rows) > limit:
            on = {**request.args, "seqLt": str(rows[limit - 1].seq)}
            response.headers["Link"] = link_to(f"{base_url(parts)}/audit-log", on)
        return response

    @routes.get("/audit-log/verification")
    @needs(KeyScope.ADMIN)
    async def verify_audit() -> Response:
        verdict = await tenancy_of(parts).audit.verify(caller().org_id, _known_head())
        return jsonify(verdict.to_json())

    return routes


def _known_head() -> bytes | None:
    """The hash in the query; raises `RequestError`."""
    refuse_unknown(request.args, ("head",))
    text = request.args.get("head")
    if text is None:
        return None
    if _HASH.fullmatch(text) is None:
        raise RequestError("must be a hash of 64 hexadecimal digits", code="invalid-parameter", field="head")
    return bytes.fromhex(text)
