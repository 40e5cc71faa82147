"""The query of `GET /logs/webhooks` and the body of its replay: which messages are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from aywa.errors import RequestError
from aywa.model.webhook import ReplayOrder
from aywa.ports.outbox import JobFilter, JobState
from aywa_server.call_query import parse_limit, parse_time, refuse_unknown

_TIMES = ("createdAtGt", "createdAtLt", "createdAtGe", "createdAtLe")
_ALLOWED = {"limit", "state", "type", "callId", "endpoint", *_TIMES}
REPLAYED = (JobState.DELIVERED, JobState.DEAD, JobState.SKIPPED)


@dataclass(frozen=True, slots=True)
class WebhookQuery:
    """A validated query."""

    limit: int
    which: JobFilter


def parse_webhook_query(arguments: Mapping[str, str]) -> WebhookQuery:
    """Raises `RequestError` naming the parameter, also an unknown one."""
    refuse_unknown(arguments, _ALLOWED)
    times = {name: parse_time(name, arguments[name]) for name in _TIMES if name in arguments}
    which = JobFilter(
        state=_state(arguments.get("state")),
        type=_text("type", arguments.get("type")),
        call_id=arguments.get("callId"),
        endpoint=_text("endpoint", arguments.get("endpoint")),
        created_at_lt=times.get("createdAtLt"),
        created_at_le=times.get("createdAtLe"),
        created_at_gt=times.get("createdAtGt"),
        created_at_ge=times.get("createdAtGe"),
    )
    return WebhookQuery(parse_limit(arguments.get("limit")), which)


@dataclass(frozen=True, slots=True)
class Replay:
    """A validated order."""

    ids: list[str] | None
    which: JobFilter
    states: tuple[JobState, ...]


def parse_replay(body: object, now: datetime) -> Replay:
    """Raises `RequestError`. What is created after `now` is not meant: a replay comes to an end."""
    try:
        order = ReplayOrder.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"]) or None
        raise RequestError(fault["msg"], code="invalid-body", field=field) from None
    given = order.model_dump(exclude_none=True, exclude={"state"})
    if not given:
        raise RequestError("say which: ids, or a range, an endpoint, a call or a type", code="invalid-body")
    after = None if order.created_at_ge is None else parse_time("createdAtGe", order.created_at_ge)
    before = now if order.created_at_lt is None else parse_time("createdAtLt", order.created_at_lt)
    which = JobFilter(
        type=_text("type", order.type),
        call_id=order.call_id,
        endpoint=_text("endpoint", order.endpoint),
        created_at_ge=after,
        created_at_lt=before.astimezone(UTC),
    )
    return Replay(order.ids, which, REPLAYED if order.state is None else (JobState(order.state),))


def _state(text: str | None) -> JobState | None:
    if text is None:
        return None
    try:
        return JobState(text)
    except ValueError:
        known = ", ".join(state.value for state in JobState)
        raise RequestError(f"must be one of {known}", code="invalid-parameter", field="state") from None


def _text(name: str, text: str | None) -> str | None:
    """What PostgreSQL's text can hold."""
    if text is not None and ("\0" in text or not text.isprintable()):
        raise RequestError("must be printable text", code="invalid-parameter", field=name)
    return text
