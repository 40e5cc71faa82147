"""What an operator can tell a live call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from aywa.call.plan import CallPlan
from aywa.ports.capture import CaptureMode
from aywa.ports.llm import Role
from aywa.transfer.plan import TransferPlan

MAX_SAY_CHARACTERS = 2_000  # about two minutes of speech


@dataclass(frozen=True, slots=True)
class Say:
    """Say this. With `interrupt` what is being said is cut, otherwise it waits until nobody speaks.

    The caller cannot interrupt what is `protected`: what he says meanwhile is answered right after it.
    """

    text: str
    interrupt: bool = False
    end_call: bool = False  # hang up once it was heard
    protected: bool = False


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up now."""


class LineAction(Enum):
    """What can be done to the line; the values are the API's."""

    MUTE_ASSISTANT = "mute-assistant"
    UNMUTE_ASSISTANT = "unmute-assistant"
    MUTE_CUSTOMER = "mute-customer"
    UNMUTE_CUSTOMER = "unmute-customer"
    HOLD = "hold"
    RESUME = "resume"
    STOP_RECORDING = "stop-recording"
    PAUSE_RECORDING = "pause-recording"
    RESUME_RECORDING = "resume-recording"
    PAUSE_CARD = "pause-card"
    RESUME_CARD = "resume-card"


@dataclass(frozen=True, slots=True)
class SteerLine:
    """Mute or hold."""

    action: LineAction


@dataclass(frozen=True, slots=True)
class StartCapture:
    """Keep the packets from now on, in this way."""

    mode: CaptureMode


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Hand the call over."""

    plan: TransferPlan


@dataclass(frozen=True, slots=True)
class AddMessage:
    """Put this into the conversation as the model sees it; with `respond` the model goes on from there.

    `role`: SYSTEM, USER or ASSISTANT.
    """

    role: Role
    text: str
    respond: bool = True


@dataclass(frozen=True, slots=True)
class SayFirstMessage:
    """Greet as the plan says: with its first message, or with what the model makes of the conversation."""


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Send key presses: 0-9 * # A-D, and `w` for half a second's pause."""

    keys: str


@dataclass(frozen=True, slots=True)
class SendSip:
    """Send a request inside the SIP session: INFO, MESSAGE or NOTIFY."""

    method: str
    headers: tuple[tuple[str, str], ...] = ()  # checked
    content_type: str = ""
    body: bytes = b""


class Kept(Enum):
    """What of the conversation the next assistant knows."""

    ALL = "all"
    SPOKEN = "userAndAssistantMessages"  # neither tools nor notes
    LAST = "lastNMessages"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class HandOff:
    """Let another assistant go on; `content` is said before. `last`: how many messages `Kept.LAST` means.

    Without `greets` it does not begin by itself: whoever hands over has it go on.
    """

    plan: CallPlan
    content: str = ""
    kept: Kept = Kept.ALL
    last: int = 0
    greets: bool = True


@dataclass(frozen=True, slots=True)
class Custom:
    """What only the operator's own systems know of: it is written down, and told to who follows the call."""

    name: str
    data: Mapping[str, object] = field(default_factory=dict)


Intervention: TypeAlias = AddMessage | SayFirstMessage | PressKeys | SendSip | HandOff | Custom
Command: TypeAlias = Say | EndCall | SteerLine | StartCapture | TransferCall | Intervention
