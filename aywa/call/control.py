"""What an operator can tell a live call."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.ports.capture import CaptureMode
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


Command: TypeAlias = Say | EndCall | SteerLine | StartCapture | TransferCall
