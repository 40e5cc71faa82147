"""`/call`: the list, one call, its timeline."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from aywa.errors import RequestError
from aywa.ports.outbox import JobFilter
from aywa.ports.store import CallReader, CallRow
from aywa_server.artifact_urls import with_signed_urls, without_paths
from aywa_server.call_query import parse_call_query
from aywa_server.call_view import call_resource, timeline_resource
from aywa_server.caller import caller
from aywa_server.parts import Parts
from aywa_server.performance import performance

MAX_JOBS = 1000  # messages to servers that a timeline shows


def calls_routes(parts: Parts) -> Blueprint:
    """The reading routes of `/call`."""
    routes = Blueprint("calls", __name__)

    @routes.get("/call")
    async def list_calls() -> Response:
        store, query = calls_of(parts), parse_call_query(request.args)
        if query.call_id is not None:
            row = await store.get_call(query.call_id)
            rows = [] if row is None else [row]
        else:
            rows = await store.list_calls(limit=query.limit, before=query.before, window=query.window)
        base = base_url(parts)
        return jsonify([_listed(parts, row, base) for row in rows])

    @routes.get("/call/<call_id>")
    async def get_call(call_id: str) -> Response:
        row, store = await find_call(parts, call_id), calls_of(parts)
        lines = await store.transcript(row.id)
        summary = await store.timeline_last(row.id, "turn.summary")
        call = call_resource(row, base_url(parts), lines, performance(summary))
        artifact = await with_signed_urls(call.artifact, parts.artifacts, row)
        return jsonify(call.model_copy(update={"artifact": artifact}).to_json())

    @routes.get("/call/<call_id>/timeline")
    async def get_timeline(call_id: str) -> Response:
        row, store = await find_call(parts, call_id), calls_of(parts)
        entries = await store.timeline(row.id)
        lines = await store.transcript(row.id)
        jobs = await parts.webhooks.list_jobs(caller().org_id, JobFilter(call_id=row.id), MAX_JOBS)
        return jsonify(timeline_resource(row, entries, lines, base_url(parts), jobs).to_json())

    return routes


def _listed(parts: Parts, row: CallRow, base: str) -> dict[str, object]:
    call = call_resource(row, base)
    artifact = without_paths(call.artifact, parts.artifacts, row)
    return call.model_copy(update={"artifact": artifact}).to_json()


async def find_call(parts: Parts, call_id: str) -> CallRow:
    """The row of a call of the caller's organisation; raises `RequestError` (404)."""
    row = await calls_of(parts).get_call(call_id)
    if row is None:
        raise RequestError("there is no call with this id", http_status=404, code="call-not-found")
    return row


def calls_of(parts: Parts) -> CallReader:
    """The calls of the caller's organisation."""
    return parts.store.of(caller().org_id)


def base_url(parts: Parts) -> str:
    """Where clients reach this API: the public origin, or in development the one that was asked."""
    return parts.http.public_url or request.host_url.rstrip("/")
