"""Artifacts as the API lists them."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict

from aywa.model.base import Resource, Timestamp


class ArtifactRetry(Resource):
    """Of which call; left out: of all."""

    model_config = ConfigDict(extra="allow")

    call_id: UUID | None = None


class ArtifactItem(Resource):
    """One file that a call has left behind. `host`: on whose disk it waits, or is kept."""

    call_id: str
    org_id: str
    type: str
    format: str
    content_type: str
    state: str
    host: str
    bytes: int | None = None
    sha256: str | None = None
    attempts: int  # that have failed
    last_error: str | None = None
    next_at: Timestamp | None = None  # not tried before
    created_at: Timestamp
    settled_at: Timestamp | None = None
