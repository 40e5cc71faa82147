"""Commands that put something into a live conversation, as the API takes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from aywa.model.base import Resource

_Text = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]


class _Command(Resource):
    model_config = ConfigDict(extra="allow", strict=True)


class ContextMessage(_Command):
    """What is added: as if caller or assistant had said it, or a word to the model."""

    role: Literal["system", "developer", "user", "assistant"]
    content: _Text


class AddMessageCommand(_Command):
    """Add to what the model knows of the conversation."""

    type: Literal["add-message"]
    message: ContextMessage
    trigger_response_enabled: bool = True  # the assistant says something to it


class DtmfCommand(_Command):
    """Press keys; `w` is half a second's pause."""

    type: Literal["dtmf"]
    digits: str = Field(pattern=r"^[0-9*#A-Dw]{1,32}$")


class ContextPlan(_Command):
    """What the next assistant knows of the conversation."""

    type: Literal["all", "none", "lastNMessages", "userAndAssistantMessages"] = "all"
    max_messages: int | None = Field(default=None, ge=0, le=1000)


class AssistantDestination(_Command):
    """Who goes on: an assistant of the API's, or a whole one."""

    type: Literal["assistant"]
    assistant_id: Annotated[UUID, Field(strict=False)] | None = None
    assistant: dict[str, Any] | None = None
    context_engineering_plan: ContextPlan = ContextPlan()


class HandoffCommand(_Command):
    """Let another assistant go on; `content` is said before."""

    type: Literal["handoff"]
    destination: AssistantDestination
    content: str = Field("", max_length=2000)


class SipMessage(_Command):
    """A request inside the call's SIP session."""

    transport: Literal["vapi.sip"]
    sip_verb: Literal["INFO", "MESSAGE", "NOTIFY"]
    headers: dict[str, str] = Field(default_factory=dict, max_length=33)
    body: str = Field("", max_length=4096)


class TwilioMessage(_Command):
    """An instruction for a carrier that calls do not come by here."""

    transport: Literal["twilio"]
    twiml: str = Field("", max_length=4096)


class TransportCommand(_Command):
    """Tell the other side's transport something."""

    type: Literal["send-transport-message"]
    message: Annotated[SipMessage | TwilioMessage, Field(discriminator="transport")]


class CustomCommand(_Command):
    """What only the operator's own systems know of: it stands in the timeline, and in its events."""

    type: Literal["custom"]
    name: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:-]+$")
    data: dict[str, Any] = Field(default_factory=dict)
