"""An address of the operator's that messages are sent to, whatever an assistant says."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.server_body import BackoffPlan, HeaderName, HeaderValue, Secret, WebUrl
from aywa.model.server_message import ServerMessage


class WebhookTarget(Plan):
    """Whose messages: of all calls, or those of one assistant, number or tool."""

    type: Literal["account", "assistant", "phone-number", "tool"] = "account"
    assistant_id: UUID | None = None
    phone_number_id: UUID | None = None
    tool_id: UUID | None = None


class WebhookEndpointBody(Plan):
    """Where messages go. `events`: which ones, all when it is absent. `secret`: what they are signed with."""

    name: str = Field("", max_length=80)
    url: WebUrl
    enabled: bool = True
    events: tuple[ServerMessage, ...] | None = Field(None, max_length=100)
    target: WebhookTarget | None = None
    timeout_seconds: float = Field(20, ge=1, le=300)
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=50, json_schema_extra={"additionalProperties": False}
    )
    credential_id: UUID | None = None
    secret: Secret | None = None
    backoff_plan: BackoffPlan | None = None
    metadata: dict[str, Any] | None = None
