"""What a transaction asks of its owner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.proto.sip.message import Request, Response


class Failure(Enum):
    """Why a transaction ended without doing its work."""

    NO_RESPONSE = "no final response in time"  # timers B and F
    NO_ACK = "no ACK for the final response"  # timer H
    TRANSPORT = "the transport could not send"


@dataclass(frozen=True, slots=True)
class Send:
    """Put `message` on the wire, to the transaction's peer."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand `response` to the transaction user."""

    response: Response


@dataclass(frozen=True, slots=True)
class Failed:
    """Tell the transaction user that the transaction ended by `why`."""

    why: Failure


Action: TypeAlias = Send | Deliver | Failed


def later(deadline: float, interval_s: float, now: float) -> float:
    """The next rung of a retransmission ladder: counted from the last rung, never in the past."""
    following = deadline + interval_s
    return following if following > now else now + interval_s
