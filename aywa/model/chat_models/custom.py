"""A model of one's own, behind OpenAI's chat completions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.chat_models.common import CommonModelPlan
from aywa.model.server_body import HeaderName, HeaderValue, WebUrl


class CustomModelPlan(CommonModelPlan):
    """`{url}/chat/completions` is asked. `timeoutSeconds`: until the first word; 0 leaves it at 20.

    `metadataSendMode`: the assistant's metadata is not sent, as `metadata`, or field by field.
    `usageInStream` is ours: off for a server that refuses `stream_options`.
    """

    provider: Literal["custom-llm"]
    server_url: WebUrl = Field(alias="url")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=50, json_schema_extra={"additionalProperties": False}
    )
    metadata_send_mode: Literal["off", "variable", "destructured"] = "variable"
    timeout_seconds: float = Field(20, ge=0, le=300)
    word_level_confidence_enabled: bool = False
    usage_in_stream: bool = True

    @property
    def url(self) -> str | None:
        """See `CommonModelPlan.url`."""
        return self.server_url.rstrip("/")

    @property
    def first_token_s(self) -> float:
        """See `CommonModelPlan.first_token_s`."""
        return self.timeout_seconds or 20.0
