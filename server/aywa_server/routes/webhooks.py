"""`/logs/webhooks`: the messages that servers were sent or are to be, every attempt, and sending again."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, Response, jsonify, request

from aywa.clock import wall_now
from aywa.errors import RequestError
from aywa.ports.outbox import JobFilter, JobRecord, JobState, WebhookLog
from aywa_server.body import read_json_object
from aywa_server.caller import caller
from aywa_server.parts import Parts
from aywa_server.webhook_query import REPLAYED, parse_replay, parse_webhook_query
from aywa_server.webhook_view import attempt_resource, job_resource

_ALL = JobFilter()


def webhooks_routes(parts: Parts) -> Blueprint:
    """The routes of `/logs/webhooks`."""
    routes = Blueprint("webhooks", __name__)
    log = parts.webhooks

    @routes.get("/logs/webhooks")
    async def list_jobs() -> Response:
        query = parse_webhook_query(request.args)
        jobs = await log.list_jobs(_org(), query.which, query.limit)
        return jsonify([job_resource(job, _org()).to_json() for job in jobs])

    @routes.get("/logs/webhooks/<row_id>")
    async def get_row(row_id: str) -> Response:
        job = await log.get_job(_org(), row_id)
        if job is not None:
            return jsonify(await _whole(log, job))
        attempt = await log.get_attempt(_org(), row_id)
        if attempt is None:
            raise _unknown()
        return jsonify(attempt_resource(attempt).to_json())

    @routes.post("/logs/webhooks/replay")
    async def replay_some() -> tuple[Response, int]:
        order = parse_replay(await read_json_object(), wall_now())
        ids = await log.replay(_org(), order.ids, order.which, order.states, wall_now())
        parts.outbox_wake()
        return jsonify({"replayed": len(ids), "ids": ids[:1000]}), 202

    @routes.post("/logs/webhooks/<row_id>/replay")
    async def replay_one(row_id: str) -> tuple[Response, int]:
        attempt = await log.get_attempt(_org(), row_id)
        job_id = row_id if attempt is None else attempt.job_id
        return await _again(job_id, REPLAYED), 202

    @routes.post("/logs/webhooks/jobs/<job_id>/retry")
    async def retry(job_id: str) -> tuple[Response, int]:
        return await _again(job_id, (JobState.DEAD, JobState.SKIPPED)), 202

    async def _again(job_id: str, states: tuple[JobState, ...]) -> Response:
        """The message in its new state. Raises `RequestError`: 404, or 409 where it is in no such state."""
        if not await log.replay(_org(), [job_id], _ALL, states, wall_now()):
            job = await log.get_job(_org(), job_id)
            if job is None:
                raise _unknown()
            raise RequestError(
                f"the message is {job.state.value}", http_status=409, code="webhook-not-settled"
            )
        parts.outbox_wake()
        job = await log.get_job(_org(), job_id)
        if job is None:
            raise _unknown()
        return jsonify(await _whole(log, job))

    return routes


async def _whole(log: WebhookLog, job: JobRecord) -> dict[str, object]:
    return job_resource(job, _org(), await log.attempts(_org(), job.id)).to_json()


def _org() -> UUID:
    """The organisation that the request acts for."""
    return caller().org_id


def _unknown() -> RequestError:
    return RequestError(
        "there is no message or attempt with this id", http_status=404, code="webhook-not-found"
    )
