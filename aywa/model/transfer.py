"""To whom a call is handed over, and how, as the API takes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from aywa.model.base import Resource

TransferMode = Literal[
    "blind-transfer",
    "blind-transfer-add-summary-to-sip-header",
    "warm-transfer-say-message",
    "warm-transfer-say-summary",
    "warm-transfer-wait-for-operator-to-speak-first-and-then-say-message",
    "warm-transfer-wait-for-operator-to-speak-first-and-then-say-summary",
    "warm-transfer-experimental",
]
_Text = Annotated[str, Field(max_length=2000)]


class FallbackPlan(Resource):
    """What happens to the caller when nobody was to be had."""

    model_config = ConfigDict(extra="allow", strict=True)

    message: _Text
    end_call_enabled: bool = True


class TransferPlanModel(Resource):
    """How. Times in seconds; `require_accept`: the human is asked before caller and human are connected."""

    model_config = ConfigDict(extra="allow", strict=True)

    mode: TransferMode = "blind-transfer"
    message: _Text | None = None  # to the human
    timeout: float = Field(default=60.0, ge=1, le=600)  # for the human's first word
    sip_verb: Literal["refer", "dial"] | None = None
    dial_timeout: float = Field(default=60.0, ge=1, le=600)
    require_accept: bool | None = None
    fallback_plan: FallbackPlan | None = None
    hold_audio_url: str | None = Field(
        default=None, max_length=2048, pattern=r"^(https?://[^\s/@?#]+([/?]\S*)?|file:///\S+)$"
    )


class _Destination(Resource):
    model_config = ConfigDict(extra="allow", strict=True)

    caller_id: str | None = Field(default=None, max_length=64)
    message: _Text | None = None  # to the caller; "" for nothing
    description: _Text | None = None
    transfer_plan: TransferPlanModel = Field(default_factory=TransferPlanModel)


class NumberDestination(_Destination):
    """A telephone number in E.164; `extension`: keys to press once somebody answers."""

    type: Literal["number"]
    number: str = Field(pattern=r"^\+[1-9][0-9]{2,14}$")
    extension: str | None = Field(default=None, pattern=r"^[0-9*#A-D]{1,20}$")


class SipDestination(_Destination):
    """A SIP URI, with headers of its own for the REFER or INVITE."""

    type: Literal["sip"]
    sip_uri: str = Field(pattern=r"^sips?:\S+$", max_length=512)
    sip_headers: dict[str, str] = Field(default_factory=dict)


TransferDestination = Annotated[NumberDestination | SipDestination, Field(discriminator="type")]


class TransferCommand(Resource):
    """Hand the call over; `content` is said to the caller before."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: Literal["transfer"]
    destination: TransferDestination
    content: _Text | None = None
