"""`POST /structured-output/run`."""

from __future__ import annotations

from uuid import UUID

from pydantic import TypeAdapter
from quart import Blueprint, Response, jsonify

from aywa.analysis.prompts import CallMatter
from aywa.clock import wall_now
from aywa.errors import OverloadedError, RequestError
from aywa.model.structured_run import StructuredOutputRun
from aywa.ports.analysis import OutputSpec
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.ports.store import CallStatus
from aywa.runtime.analysing import output_spec
from aywa_server.body import read_json_object
from aywa_server.extraction import told
from aywa_server.parts import Parts
from aywa_server.resources.kinds import STRUCTURED_OUTPUT, Kind
from aywa_server.resources.reading import read_resource
from aywa_server.routes.calls import calls_of, find_call
from aywa_server.routes.resources import org_of_request

_RUN = Kind(ResourceKind.STRUCTURED_OUTPUT, "StructuredOutputRun", TypeAdapter(StructuredOutputRun))


def structured_run_routes(parts: Parts) -> Blueprint:
    """The one route."""
    routes = Blueprint("structured_runs", __name__)

    @routes.post("/structured-output/run")
    async def run() -> Response:
        asked = read_resource(_RUN, await read_json_object())
        assert isinstance(asked, StructuredOutputRun)
        if parts.extraction is None:
            raise OverloadedError("nobody analyses calls here")
        id, spec = await _spec(parts, asked)
        matters = [await _matter(parts, call_id) for call_id in dict.fromkeys(asked.call_ids)]
        results = await parts.extraction.run(spec, matters)
        if not asked.preview_enabled:
            for call_id, result in results.items():
                await parts.extraction.queue.add(org_of_request(), call_id, result, wall_now())
        return jsonify(told(spec, None if asked.preview_enabled else id, results))

    return routes


async def _spec(parts: Parts, asked: StructuredOutputRun) -> tuple[UUID, OutputSpec]:
    """The definition and what it is kept as: its own id, or a new one. Raises `RequestError` (404)."""
    if asked.structured_output_id is not None:
        row = await parts.resources.get(org_of_request(), STRUCTURED_OUTPUT, asked.structured_output_id)
        return row.id, output_spec(row)
    assert asked.structured_output is not None, "one of both is there"
    body = asked.structured_output.model_dump(mode="json", by_alias=True, exclude_none=True)
    id, now = parts.resources.new_id(), wall_now()
    transient = ResourceRow(org_of_request(), ResourceKind.STRUCTURED_OUTPUT, id, body, now, now)
    return id, output_spec(transient)


async def _matter(parts: Parts, call_id: UUID) -> CallMatter:
    """Raises `RequestError` (404; 409 for a call that is not over)."""
    row = await find_call(parts, str(call_id))
    if row.status is not CallStatus.ENDED:
        rule = "callIds: a call must have ended before anything is extracted from it"
        raise RequestError(rule, http_status=409, code="call-not-ended", field="callIds")
    return CallMatter(row, await calls_of(parts).transcript(row.id))
