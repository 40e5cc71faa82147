"""`/artifact`: where calls' files are, and what waits to be stored."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, Response, jsonify, request
from werkzeug.datastructures import MultiDict

from aywa.errors import RequestError
from aywa.model.artifact import ArtifactItem
from aywa.ports.artifacts import Artifact, ArtifactState
from aywa_server.body import read_json_object
from aywa_server.call_query import parse_limit, refuse_unknown
from aywa_server.caller import caller
from aywa_server.parts import Parts

_NAMES = ("state", "callId", "limit")


def artifact_routes(parts: Parts) -> Blueprint:
    """Both routes."""
    routes = Blueprint("artifacts", __name__)

    @routes.get("/artifact")
    async def list_artifacts() -> Response:
        state, call_id, limit = _query(request.args)
        if parts.artifacts is None:
            return jsonify([])
        found = await parts.artifacts.newest(caller().org_id, state, call_id, limit)
        return jsonify([artifact_item(each).to_json() for each in found])

    @routes.post("/artifact/retry")
    async def retry() -> tuple[Response, int]:
        call_id = _call_id((await read_json_object()).get("callId"))
        calls = [] if parts.artifacts is None else await parts.artifacts.retry(caller().org_id, call_id)
        return jsonify({"retried": len(calls), "callIds": calls[:1000]}), 202

    return routes


def artifact_item(artifact: Artifact) -> ArtifactItem:
    """As the API shows it."""
    return ArtifactItem(
        call_id=artifact.call_id,
        org_id=str(artifact.org_id),
        type=artifact.kind.value,
        format=artifact.format.value,
        content_type=artifact.format.content_type,
        state=artifact.state.value,
        host=artifact.host,
        bytes=artifact.size,
        sha256=artifact.sha256,
        attempts=artifact.attempts,
        last_error=artifact.last_error or None,
        next_at=artifact.next_at if artifact.state is ArtifactState.WAITING else None,
        created_at=artifact.created_at,
        settled_at=artifact.settled_at,
    )


def _query(given: MultiDict[str, str]) -> tuple[ArtifactState | None, UUID | None, int]:
    refuse_unknown(given, _NAMES)
    state = given.get("state")
    if state is not None and state not in {each.value for each in ArtifactState}:
        raise _invalid("state", f"must be one of {', '.join(each.value for each in ArtifactState)}")
    wanted = None if state is None else ArtifactState(state)
    return wanted, _call_id(given.get("callId")), parse_limit(given.get("limit"))


def _call_id(given: object) -> UUID | None:
    if given is None:
        return None
    try:
        return UUID(given if isinstance(given, str) else "")
    except ValueError:
        raise _invalid("callId", "must be the id of a call") from None


def _invalid(field: str, rule: str) -> RequestError:
    return RequestError(f"{field} {rule}", code="invalid-field", field=field)
