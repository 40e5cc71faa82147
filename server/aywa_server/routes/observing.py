"""How calls and the runtime went: logs, voice pipeline, counters, targets, sums."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quart import Blueprint, Response, jsonify, request

from aywa.clock import wall_now
from aywa.errors import OverloadedError, RequestError
from aywa.model.api_key import KeyScope
from aywa.model.observing import AnalyticsSummary, CallSums
from aywa_server.call_logs import call_logs
from aywa_server.call_query import parse_limit, parse_time, refuse_unknown
from aywa_server.caller import caller, needs
from aywa_server.parts import Parts
from aywa_server.routes.calls import calls_of, find_call
from aywa_server.timeline_level import LEVELS, Level
from aywa_server.voice_pipeline import voice_pipeline

GROUPS = ("day", "assistant", "endedReason")
USUAL_DAYS, MOST_DAYS = 30, 366
MAX_GROUPS = 1000


def observing_routes(parts: Parts) -> Blueprint:
    """All of them."""
    routes = Blueprint("observing", __name__)

    @routes.get("/call/<call_id>/logs")
    async def get_logs(call_id: str) -> Response:
        refuse_unknown(request.args, {"limit", "level"})
        limit, least = parse_limit(request.args.get("limit")), _level(request.args.get("level"))
        row = await find_call(parts, call_id)
        entries = await calls_of(parts).timeline(row.id)
        return jsonify(call_logs(row, entries, limit=limit, least=least).to_json())

    @routes.get("/call/<call_id>/voice-pipeline")
    async def get_voice_pipeline(call_id: str) -> Response:
        row = await find_call(parts, call_id)
        return jsonify(voice_pipeline(row, await calls_of(parts).timeline(row.id)).to_json())

    @routes.get("/metrics.json")
    @needs(KeyScope.METRICS)
    async def get_counters() -> Response:
        return jsonify(parts.metrics.counters(wall_now()))

    @routes.get("/slo")
    @needs(KeyScope.METRICS)
    async def get_slo() -> Response:
        return jsonify(parts.metrics.slo.snapshot(wall_now()).to_json())

    @routes.get("/analytics/summary")
    async def get_summary() -> Response:
        refuse_unknown(request.args, {"createdAtGe", "createdAtLt", "groupBy"})
        start, end = _range()
        group_by = request.args.get("groupBy", GROUPS[0])
        if group_by not in GROUPS:
            rule = f"must be one of {', '.join(GROUPS)}"
            raise RequestError(rule, code="invalid-parameter", field="groupBy")
        if parts.analytics is None:
            raise OverloadedError("there is no database to ask")
        groups = await parts.analytics.sums(caller().org_id, start, end, group_by, MAX_GROUPS + 1)
        totals = await parts.analytics.sums(caller().org_id, start, end, "", 1)
        summary = AnalyticsSummary(
            start=start,
            end=end,
            group_by=group_by,
            totals=totals[0].model_copy(update={"key": None}) if totals else _NOTHING,
            groups=list(groups[:MAX_GROUPS]),
            truncated=len(groups) > MAX_GROUPS,
        )
        return jsonify(summary.to_json())

    return routes


_NOTHING = CallSums(calls=0, answered=0, minutes=0, cost=0, answers=0)


def _level(text: str | None) -> Level:
    for level in LEVELS:
        if text in (None, level):
            return level
    raise RequestError(f"must be one of {', '.join(LEVELS)}", code="invalid-parameter", field="level")


def _range() -> tuple[datetime, datetime]:
    """The last 30 days unless the query says otherwise; at most a year."""
    given = request.args
    end = parse_time("createdAtLt", given["createdAtLt"]) if "createdAtLt" in given else wall_now()
    usual = max(end, datetime(1971, 1, 1, tzinfo=UTC)) - timedelta(days=USUAL_DAYS)
    start = parse_time("createdAtGe", given["createdAtGe"]) if "createdAtGe" in given else usual
    if not timedelta(0) <= end - start <= timedelta(days=MOST_DAYS):
        rule = f"must not be after createdAtLt, nor more than {MOST_DAYS} days before it"
        raise RequestError(rule, code="invalid-parameter", field="createdAtGe")
    return start, end
