"""The states of a registration of ours with a registrar, and what it asks of its owner (RFC 3261 §10.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.proto.sip.message import Request
from aywa.proto.sip.uri import Uri


class State(Enum):
    """Where the registration is."""

    IDLE = "nothing was asked yet"
    ASKING = "REGISTER sent, its answer awaited"
    HELD = "the registrar holds our contact"
    PAUSED = "the last REGISTER failed; the next one goes out when the pause is over"
    LEAVE_WAITING = "to be given back as soon as the REGISTER under way is answered"
    LEAVING = "REGISTER with Expires 0 sent, its answer awaited"
    OVER = "given back, or not to be had any more"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.IDLE, "start", State.ASKING),
    (State.IDLE, "leave", State.OVER),
    (State.ASKING, "2xx", State.HELD),
    (State.ASKING, "asked again", State.ASKING),  # 401, 407, 423, or a contact learned from the answer
    (State.ASKING, "failed", State.PAUSED),
    (State.ASKING, "leave", State.LEAVE_WAITING),
    (State.HELD, "refresh due", State.ASKING),
    (State.HELD, "leave", State.LEAVING),
    (State.PAUSED, "pause over", State.ASKING),
    (State.PAUSED, "leave while held", State.LEAVING),
    (State.PAUSED, "leave", State.OVER),
    (State.LEAVE_WAITING, "answered", State.LEAVING),
    (State.LEAVING, "asked again", State.LEAVING),
    (State.LEAVING, "2xx", State.OVER),
    (State.LEAVING, "failed", State.OVER),
)


class RegistrationTimer(Enum):
    """Why a registration wakes."""

    REFRESH = "renew the registration, well before it ends"
    PAUSE = "try again after a failure"
    EXPIRY = "the registrar has forgotten us by now"


@dataclass(frozen=True, slots=True)
class RegistrationParameters:
    """What to register where. `registrar` is the Request-URI; `expires_s` from 60 to 86,400."""

    registrar: Uri
    aor: Uri
    expires_s: int = 3600
    learn_contact: bool = False  # behind a NAT: take the address that the registrar sees (RFC 3581)


@dataclass(frozen=True, slots=True)
class SendRegister:
    """Send this request to the registrar, in a transaction."""

    request: Request


@dataclass(frozen=True, slots=True)
class Registered:
    """The registrar holds our contact for that long."""

    expires_s: int
    renewed: bool


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    """A REGISTER failed. `status`: the final status, 408 without one, 503 when nothing could be sent."""

    status: int
    reason: str
    retry_in_s: float


@dataclass(frozen=True, slots=True)
class RegistrationLost:
    """It ran out before it could be renewed: the registrar sends no calls any more."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """It is over; said once. `status`: what answered the last REGISTER, if anything did."""

    status: int | None


RegistrationAction: TypeAlias = (
    SendRegister | Registered | RegistrationFailed | RegistrationLost | Unregistered
)
