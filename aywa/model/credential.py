"""What the runtime shows to others in the operator's name. Secrets are written and never read back."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from aywa.model.base import Plan
from aywa.model.server_body import HeaderName, Secret, WebUrl

KEY_PROVIDERS = Literal[
    "11labs",
    "anthropic",
    "anyscale",
    "assembly-ai",
    "azure",
    "azure-openai",
    "cartesia",
    "cerebras",
    "deep-seek",
    "deepgram",
    "deepinfra",
    "gladia",
    "google",
    "groq",
    "hume",
    "inworld",
    "lmnt",
    "minimax",
    "mistral",
    "neuphonic",
    "openai",
    "openrouter",
    "perplexity-ai",
    "playht",
    "rime-ai",
    "smallest-ai",
    "soniox",
    "speechmatics",
    "telnyx",
    "together-ai",
    "xai",
]


class _Credential(Plan):
    name: str = Field("", max_length=40)


class KeyCredential(_Credential):
    """A provider's API key."""

    provider: KEY_PROVIDERS
    api_key: Secret
    api_url: WebUrl | None = None


class ServerCredential(_Credential):
    """A server of one's own that speaks a known protocol: where it is, and its key if it has one."""

    provider: Literal["llama-cpp", "ollama", "openai-compatible", "piper", "vllm", "whisper"]
    api_url: WebUrl
    api_key: Secret | None = None


class OAuth2(Plan):
    """Client credentials (RFC 6749 §4.4)."""

    type: Literal["oauth2"]
    url: WebUrl
    client_id: str = Field(min_length=1, max_length=1000)
    client_secret: Secret
    scope: str | None = Field(None, max_length=1000)


class CustomLlmCredential(_Credential):
    """The key of a model of one's own."""

    provider: Literal["custom-llm"]
    api_key: Secret
    authentication_plan: OAuth2 | None = None


class BearerPlan(Plan):
    """A token in a header."""

    type: Literal["bearer"]
    token: Secret
    header_name: HeaderName = "Authorization"
    bearer_prefix_enabled: bool = True


class HmacPlan(Plan):
    """A signature over the body; the format's parts stand in braces."""

    type: Literal["hmac"]
    secret_key: Secret
    algorithm: Literal["sha256", "sha512", "sha1"]
    signature_header: HeaderName = "x-signature"
    timestamp_header: HeaderName = "x-timestamp"
    signature_prefix: str | None = Field(None, max_length=40, pattern=r"^[\x20-\x7e]*$")
    include_timestamp: bool = True
    payload_format: str = Field("{timestamp}.{body}", min_length=1, max_length=200)
    message_id_header: HeaderName | None = None
    signature_encoding: Literal["hex", "base64"] = "hex"
    secret_is_base64: bool = False


class WebhookCredential(_Credential):
    """How webhooks are authorised or signed."""

    provider: Literal["webhook"]
    authentication_plan: Annotated[BearerPlan | OAuth2 | HmacPlan, Field(discriminator="type")]


_ADDRESS: JsonDict = {"properties": {"ip": {"format": "ipv4"}}}
_NO_CALLS_IN: JsonDict = {"required": ["inboundEnabled"], "properties": {"inboundEnabled": {"const": False}}}


class SipGateway(Plan):
    """One address of a carrier's."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_NO_CALLS_IN, _ADDRESS]})

    ip: str = Field(min_length=1, max_length=253, pattern=r"^[0-9A-Za-z.:-]+$")
    port: int = Field(5060, ge=1, le=65_535)
    netmask: int = Field(32, ge=24, le=32)
    inbound_enabled: bool = True
    outbound_enabled: bool = True
    outbound_protocol: Literal["udp", "tcp", "tls", "tls/srtp"] = "udp"
    options_ping_enabled: bool = False

    @model_validator(mode="after")
    def _inbound_by_address(self) -> SipGateway:
        if self.inbound_enabled:
            try:
                IPv4Address(self.ip)
            except ValueError:
                raise ValueError("ip: must be an IPv4 address where calls come in") from None
        return self


class SipRegisterPlan(Plan):
    """Where and as whom it registers."""

    domain: str = Field("", max_length=253)
    username: str = Field("", max_length=200)
    realm: str = Field("", max_length=253)


class SipAuthenticationPlan(Plan):
    """What the carrier wants to be shown."""

    auth_username: str = Field("", max_length=200)
    auth_password: Secret | None = None
    sip_register_plan: SipRegisterPlan | None = None


class SipTrunkCredential(_Credential):
    """A SIP trunk of one's own."""

    provider: Literal["byo-sip-trunk"]
    gateways: tuple[SipGateway, ...] = Field(min_length=1, max_length=20)
    outbound_authentication_plan: SipAuthenticationPlan | None = None
    outbound_leading_plus_enabled: bool = False
    tech_prefix: str | None = Field(None, max_length=40)
    sip_diversion_header: str | None = Field(None, max_length=400)


class TwilioCredential(_Credential):
    """An account at Twilio."""

    provider: Literal["twilio"]
    account_sid: str = Field(min_length=1, max_length=100)
    auth_token: Secret | None = None
    api_key: Secret | None = None
    api_secret: Secret | None = None


class S3Credential(_Credential):
    """A bucket at Amazon."""

    provider: Literal["s3"]
    aws_access_key_id: str = Field(min_length=1, max_length=200)
    aws_secret_access_key: Secret
    region: str = Field(min_length=1, max_length=60)
    s3_bucket_name: str = Field(min_length=1, max_length=255)
    s3_path_prefix: str = Field("", max_length=1000)
    fallback_index: int | None = Field(None, ge=1, le=100)


class BucketPlan(Plan):
    """A bucket."""

    url: WebUrl
    region: str = Field("auto", min_length=1, max_length=60)
    access_key_id: str = Field(min_length=1, max_length=200)
    secret_access_key: Secret
    name: str = Field(min_length=1, max_length=255)
    path: str = Field("", max_length=1000)


class BucketCredential(_Credential):
    """A bucket anywhere else."""

    provider: Literal["s3-compatible"]
    bucket_plan: BucketPlan
    fallback_index: int | None = Field(None, ge=1, le=100)


Credential: TypeAlias = Annotated[
    KeyCredential
    | ServerCredential
    | CustomLlmCredential
    | WebhookCredential
    | SipTrunkCredential
    | TwilioCredential
    | S3Credential
    | BucketCredential,
    Field(discriminator="provider"),
]
