"""The body of `POST /call/web`, and of `POST /call` with a websocket for a transport."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from aywa.model.base import Resource

WEBSOCKET = "vapi.websocket"


_NO_CODING: JsonValue = {
    "required": ["format", "sampleRate"],
    "properties": {"format": {"const": "mulaw"}, "sampleRate": {"const": 16000}},
}


class WebAudioFormat(Resource):
    """Raw audio, both ways alike; `mulaw` has 8000 samples a second."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"not": _NO_CODING})

    format: Literal["pcm_s16le", "mulaw"] = "pcm_s16le"
    container: Literal["raw"] = "raw"
    sample_rate: Literal[8000, 16000] | None = None


class WebTransport(Resource):
    """How the other side comes in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    provider: Literal["vapi.websocket"] = "vapi.websocket"
    audio_format: WebAudioFormat = WebAudioFormat()


class WebCustomer(Resource):
    """Who it is, for the record."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="", max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")
    number: str | None = Field(default=None, pattern=r"^\+?[0-9]{3,15}$")


class WebCallOrder(Resource):
    """A call without a telephone. `assistant_id` or `assistant` lead it, else the runtime's own."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field("", max_length=40)
    assistant_id: str | None = Field(None, min_length=1, max_length=36)
    assistant: dict[str, object] | None = None  # as `POST /assistant` takes it
    customer: WebCustomer = WebCustomer()
    transport: WebTransport = WebTransport()


class CallChange(Resource):
    """What may be changed of a call."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = Field(max_length=40)
