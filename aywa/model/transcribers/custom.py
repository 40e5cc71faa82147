"""A recogniser of the operator's, by a websocket that this runtime opens."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.server_body import HeaderName, HeaderValue, Secret
from aywa.model.transcribers.assembly_ai import SocketUrl
from aywa.model.transcribers.base import AnyTranscriber


class TranscriberServer(Plan):
    """Where it is. `secret` goes as `X-Vapi-Secret`, as older integrations expect it."""

    url: SocketUrl
    timeout_seconds: float = Field(20, ge=1, le=300)
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=50, json_schema_extra={"additionalProperties": False}
    )
    credential_id: str | None = Field(None, max_length=64)
    secret: Secret | None = None


class CustomTranscriber(AnyTranscriber):
    """The caller is the first channel of the audio that it gets, the assistant the second."""

    provider: Literal["custom-transcriber"]
    server: TranscriberServer
