"""A server of the operator's that the runtime sends messages to."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from aywa.model.base import Plan

MAX_URL = 2048
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\t\x20-\x7e]{0,4096}$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=16_384)]  # written, never read back


def _web_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("must be an http or https URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not url.isprintable():
        raise ValueError("must be an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials")
    return url


_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_NAME = r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?"
# An IPv6 address has a name here: its spellings are too many to be judged by a pattern.
WEB_URL = rf"^https?://({_NAME})(:{_PORT})?([/?#][!-~]*)?$"
WebUrl = Annotated[str, Field(max_length=MAX_URL, pattern=WEB_URL), AfterValidator(_web_url)]


class BackoffPlan(Plan):
    """What is tried again, and after how long: seconds."""

    type: Literal["fixed", "exponential"] | dict[str, Any] = "fixed"
    max_retries: int = Field(0, ge=0, le=10)
    base_delay_seconds: float = Field(1, ge=0, le=10)
    excluded_status_codes: tuple[Annotated[int, Field(ge=100, le=599)], ...] = Field((), max_length=100)


class ServerBody(Plan):
    """Where messages go. `credentialId`: the credential that signs or authorises them.

    `secret` is sent as a header, as older integrations expect it.
    """

    url: WebUrl
    timeout_seconds: float = Field(20, ge=1, le=300)
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=50, json_schema_extra={"additionalProperties": False}
    )
    credential_id: UUID | None = None
    backoff_plan: BackoffPlan | None = None
    secret: Secret | None = None
    static_ip_addresses_enabled: Literal[False] = False
    encrypted_paths: tuple[()] = ()
