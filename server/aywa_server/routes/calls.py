"""`/call`: the list, one call, its name, its timeline."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from aywa.clock import wall_now
from aywa.errors import RequestError
from aywa.model.api_key import KeyScope
from aywa.model.web_call_order import CallChange
from aywa.ports.outbox import JobFilter
from aywa.ports.store import CallReader, CallRow
from aywa_server.artifact_urls import with_signed_urls, without_paths
from aywa_server.bodies import read_body
from aywa_server.call_query import parse_call_query
from aywa_server.call_tokens import CallTokens
from aywa_server.call_view import call_resource, timeline_resource
from aywa_server.caller import caller
from aywa_server.cursor import next_link
from aywa_server.parts import Parts
from aywa_server.performance import performance

MAX_JOBS = 1000  # messages to servers that a timeline shows


def calls_routes(parts: Parts) -> Blueprint:
    """Those that need no live call."""
    routes = Blueprint("calls", __name__)

    @routes.get("/call")
    async def list_calls() -> Response:
        store, query = calls_of(parts), parse_call_query(request.args)
        if query.call_id is not None:
            row = await store.get_call(query.call_id)
            rows = [] if row is None else [row]
        else:
            rows = await store.list_calls(limit=query.limit + 1, before=query.before, window=query.window)
        shown, base, tokens = rows[: query.limit], base_url(parts), tokens_for_caller(parts)
        response = jsonify([_listed(parts, row, base, tokens) for row in shown])
        if shown and len(rows) > query.limit:
            last = shown[-1]
            url = f"{base}/call"
            response.headers["Link"] = next_link(url, request.args, last.created_at, last.id)
        return response

    @routes.get("/call/<call_id>")
    async def get_call(call_id: str) -> Response:
        record = await calls_of(parts).record(call_id, "turn.summary")
        if record is None:
            raise no_call()
        row, tokens = record.row, tokens_for_caller(parts)
        metrics = performance(record.entries[0] if record.entries else None)
        call = call_resource(row, base_url(parts), record.lines, metrics, tokens=tokens)
        artifact = await with_signed_urls(call.artifact, parts.artifacts, row)
        return jsonify(call.model_copy(update={"artifact": artifact}).to_json())

    @routes.patch("/call/<call_id>")
    async def change_call(call_id: str) -> Response:
        change = await read_body(CallChange)
        row = await calls_of(parts).rename_call(call_id, change.name or "", wall_now())
        if row is None:
            raise no_call()
        parts.calls.rename(row.id, row.name)
        return jsonify(_listed(parts, row, base_url(parts), tokens_for_caller(parts)))

    @routes.get("/call/<call_id>/timeline")
    async def get_timeline(call_id: str) -> Response:
        record = await calls_of(parts).record(call_id)
        if record is None:
            raise no_call()
        row = record.row
        jobs = await parts.webhooks.list_jobs(caller().org_id, JobFilter(call_id=row.id), MAX_JOBS)
        return jsonify(timeline_resource(row, record.entries, record.lines, base_url(parts), jobs).to_json())

    return routes


def _listed(parts: Parts, row: CallRow, base: str, tokens: CallTokens | None) -> dict[str, object]:
    call = call_resource(row, base, tokens=tokens)
    artifact = without_paths(call.artifact, parts.artifacts, row)
    return call.model_copy(update={"artifact": artifact}).to_json()


async def find_call(parts: Parts, call_id: str) -> CallRow:
    """The row of a call of the caller's organisation; raises `RequestError` (404)."""
    row = await calls_of(parts).get_call(call_id)
    if row is None:
        raise no_call()
    return row


def no_call() -> RequestError:
    """There is none, or it is another organisation's."""
    return RequestError("there is no call with this id", http_status=404, code="call-not-found")


def tokens_for_caller(parts: Parts) -> CallTokens | None:
    """What the caller may be told of: who may not steer calls gets no URL that does."""
    tokens = parts.tokens
    if tokens is None or KeyScope.CONTROL in caller().scopes:
        return tokens
    return tokens.for_readers()


def calls_of(parts: Parts) -> CallReader:
    """The calls of the caller's organisation."""
    return parts.store.of(caller().org_id)


def base_url(parts: Parts) -> str:
    """Where clients reach this API: the public origin, or in development the one that was asked."""
    return parts.http.public_url or request.host_url.rstrip("/")
