"""The body of `POST /call`: whom to call, by what, as whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from aywa.model.base import Resource

Header = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


_TWO = ("number", "sipUri")
_ONE_OF_TWO: list[JsonValue] = [
    {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
    for one, other in (_TWO, _TWO[::-1])
]


class CustomerOrder(Resource):
    """Who is called: by `number` or by `sip_uri`. `extension`: keys pressed once it is answered."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"oneOf": _ONE_OF_TWO})

    number: str | None = Field(None, min_length=1, max_length=60)
    sip_uri: str | None = Field(None, min_length=1, max_length=200)
    name: str = Field("", max_length=40)
    extension: str = Field("", max_length=32, pattern=r"^[0-9*#]*$")


class PhoneCallOrder(Resource):
    """A call out. `phone_number_id`: a number's id, or the name of a trunk; absent, every trunk that may.

    `assistant_id` or `assistant` lead the call, else the number's assistant, else the runtime's own.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    customer: CustomerOrder
    phone_number_id: str | None = Field(None, min_length=1, max_length=36)
    assistant_id: str | None = Field(None, min_length=1, max_length=36)
    assistant: dict[str, object] | None = None  # as `POST /assistant` takes it
    from_number: str | None = Field(None, min_length=1, max_length=64)  # one of the trunk's
    ring_timeout_seconds: float | None = Field(None, ge=5, le=300)
    early_media: bool | None = None
    voicemail_detection: dict[str, object] | None = None  # read by aywa.answering.plan
    voicemail_message: str = Field("", max_length=1000)
    headers: dict[str, Header] = Field(default_factory=dict, max_length=32)  # of the INVITE: X-...
