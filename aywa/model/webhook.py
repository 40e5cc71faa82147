"""Messages to servers and the attempts to send them, as the API shows them."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from aywa.model.base import Resource, Timestamp


class WebhookAttempt(Resource):
    """One attempt. `answer`: the first kilobyte of what came back; no `status` where nothing did."""

    kind: Literal["attempt"] = "attempt"
    id: str
    job_id: str
    number: int
    at: Timestamp
    endpoint: str
    status: int | None = None
    latency_ms: int
    error: str | None = None
    answer: str
    next_attempt_at: Timestamp | None = None


class WebhookJobResource(Resource):
    """A message. `endpoint`: the URL without its query. One that is asked for alone lists its attempts."""

    kind: Literal["job"] = "job"
    id: str
    org_id: str
    call_id: str
    sequence: int
    type: str
    source: str
    endpoint: str
    state: Literal["waiting", "delivered", "dead", "skipped"]
    created_at: Timestamp
    attempt_count: int
    next_attempt_at: Timestamp | None = None
    delivered_at: Timestamp | None = None
    last_status: int | None = None
    last_error: str | None = None
    payload: dict[str, object] | None = None
    attempts: list[WebhookAttempt] | None = None


class ReplayOrder(Resource):
    """Which messages to send again: some by their ids, or all of a time, an endpoint, a call, a type."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(None, min_length=1, max_length=1000)
    endpoint: str | None = Field(None, max_length=4096)
    type: str | None = Field(None, max_length=100)
    call_id: str | None = Field(None, max_length=100)
    state: Literal["delivered", "dead", "skipped"] | None = None
    created_at_ge: str | None = Field(None, max_length=40)
    created_at_lt: str | None = Field(None, max_length=40)
