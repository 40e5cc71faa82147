"""Where an assistant's messages go: the server object, and how requests to it are authenticated."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from aywa.model.base import Plan

FINAL_TRANSCRIPT = 'transcript[transcriptType="final"]'
# Those that are sent unless an assistant says which, and those that are sent only then.
DEFAULT_MESSAGES = (
    *("assistant.started", "conversation-update", "end-of-call-report", "hang", "speech-update"),
    *("status-update", "tool-calls", "user-interrupted"),
)
MESSAGES = (
    *(*DEFAULT_MESSAGES, "assistant.speechStarted", "call.artifact.upload", "transcript", FINAL_TRANSCRIPT),
    "transfer-update",
)
# Of the same shape, and either requests that are answered elsewhere or news that nothing makes yet.
SILENT_MESSAGES = (
    *("function-call", "handoff-destination-request", "language-change-detected", "language-changed"),
    *("model-output", "phone-call-control", "transfer-destination-request", "voice-input"),
    *("call.delete.failed", "call.deleted", "chat.created", "chat.deleted"),
    *("session.created", "session.deleted", "session.updated"),
)


def _known(name: str) -> str:
    if name not in MESSAGES and name not in SILENT_MESSAGES:
        raise ValueError(f"must be one of {', '.join(sorted(MESSAGES))}")
    return name


MessageType = Annotated[str, AfterValidator(_known)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[\x21-\x7e]+$")]


class BearerAuthentication(Plan):
    """A token in a field."""

    type: Literal["bearer"]
    token: Secret = Field(repr=False)
    header_name: HeaderName = "Authorization"
    bearer_prefix_enabled: bool = True


class HmacAuthentication(Plan):
    """A signature over `payloadFormat`, in which `{body}`, `{timestamp}` (Unix seconds), `{method}`, `{url}`
    and `{svix-id}` (the message's id) are filled in.
    """

    type: Literal["hmac"]
    secret_key: Secret = Field(repr=False)
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    signature_header: HeaderName = "x-signature"
    timestamp_header: HeaderName = "x-timestamp"
    signature_prefix: str = Field("", max_length=100, pattern=r"^[\x20-\x7e]*$")
    include_timestamp: bool = True
    payload_format: str = Field("{timestamp}.{body}", min_length=1, max_length=500)
    message_id_header: HeaderName | None = None
    signature_encoding: Literal["hex", "base64"] = "hex"
    secret_is_base64: bool = False


Authentication: TypeAlias = Annotated[BearerAuthentication | HmacAuthentication, Field(discriminator="type")]


class Server(Plan):
    """A server that is told what happens in calls. `secret` goes as `X-Vapi-Secret`, as older ones check.

    An `Authorization` among `headers` stands before the one of `authenticationPlan`.
    """

    url: str = Field(max_length=4096)
    timeout_seconds: float = Field(20, ge=1, le=300)
    headers: dict[HeaderName, str] = Field(default_factory=dict, max_length=50, repr=False)
    secret: Secret | None = Field(None, repr=False)
    authentication_plan: Authentication | None = None

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        check_web_url(url)
        return url


def check_web_url(url: str) -> None:
    """Raises ValueError for what can be no server's address; whether it is asked is judged when it is."""
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0]
    if scheme.lower() not in ("http", "https") or not separator or not host:
        raise ValueError("must be an http or https URL")
    if "@" in host:
        raise ValueError("must not carry credentials")
