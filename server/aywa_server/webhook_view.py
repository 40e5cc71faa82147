"""Rows of the outbox as resources of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from uuid import UUID

from aywa.model.webhook import WebhookAttempt, WebhookJobResource
from aywa.ports.outbox import AttemptRecord, JobRecord

# Of a call's monitor URLs, which its server needs: whoever may read messages may not steer calls.
_TOKEN = re.compile(r"(/call/[0-9a-f-]{36}/[a-z]+\?token=)[A-Za-z0-9_-]+")


def job_resource(
    job: JobRecord, org_id: UUID, attempts: Sequence[AttemptRecord] | None = None
) -> WebhookJobResource:
    """The message; with what it says and its attempts when those are given."""
    return WebhookJobResource(
        id=job.id,
        org_id=str(org_id),
        call_id=job.call_id,
        sequence=job.seq,
        type=job.type,
        source=job.source,
        endpoint=job.endpoint,
        state=job.state.value,
        created_at=job.created_at,
        attempt_count=job.attempts,
        next_attempt_at=job.next_at,
        delivered_at=job.delivered_at,
        last_status=job.last_status,
        last_error=job.last_error or None,
        payload=None if attempts is None else json.loads(_TOKEN.sub(r"\1redacted", job.body)),
        attempts=None if attempts is None else [attempt_resource(attempt) for attempt in attempts],
    )


def attempt_resource(attempt: AttemptRecord) -> WebhookAttempt:
    """One attempt."""
    return WebhookAttempt(
        id=attempt.id,
        job_id=attempt.job_id,
        number=attempt.number,
        at=attempt.at,
        endpoint=attempt.endpoint,
        status=attempt.status,
        latency_ms=attempt.latency_ms,
        error=attempt.error or None,
        answer=attempt.answer,
        next_attempt_at=attempt.next_at,
    )
