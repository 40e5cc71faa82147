"""The INVITE usage's states, its transition table, its timers, and what it asks of its owner.

RFC 3261 §13 (set-up), §14 (re-INVITE), §15 (BYE), §9 (CANCEL).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address


class State(Enum):
    """Where the session is."""

    CALLING = "UAC: INVITE sent, nothing heard"
    EARLY = "UAC: a provisional response came"
    CANCEL_WAITING = "UAC: to be cancelled as soon as a provisional response allows it (§9.1)"
    CANCELLING = "UAC: CANCEL sent, the final response is awaited"
    INCOMING = "UAS: INVITE received, not answered"
    ANSWERED = "UAS: 2xx sent, ACK awaited"
    BYE_WAITING = "UAS: to be hung up as soon as the ACK allows it (§15)"
    CONFIRMED = "both have said yes"
    ENDING = "BYE sent, its answer awaited"
    TERMINATED = "over"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.CALLING, "1xx", State.EARLY),
    (State.CALLING, "2xx", State.CONFIRMED),
    (State.CALLING, "300-699", State.TERMINATED),
    (State.CALLING, "no response", State.TERMINATED),
    (State.CALLING, "cancel", State.CANCEL_WAITING),
    (State.CALLING, "challenged", State.CALLING),
    (State.EARLY, "challenged", State.CALLING),
    (State.EARLY, "1xx", State.EARLY),
    (State.EARLY, "2xx", State.CONFIRMED),
    (State.EARLY, "300-699", State.TERMINATED),
    (State.EARLY, "cancel", State.CANCELLING),
    (State.EARLY, "BYE received", State.TERMINATED),
    (State.CANCEL_WAITING, "1xx", State.CANCELLING),
    (State.CANCEL_WAITING, "2xx", State.ENDING),
    (State.CANCEL_WAITING, "300-699", State.TERMINATED),
    (State.CANCEL_WAITING, "no response", State.TERMINATED),
    (State.CANCELLING, "1xx", State.CANCELLING),
    (State.CANCELLING, "2xx", State.ENDING),
    (State.CANCELLING, "300-699", State.TERMINATED),
    (State.CANCELLING, "no response", State.TERMINATED),
    (State.CANCELLING, "BYE received", State.TERMINATED),
    (State.INCOMING, "1xx sent", State.INCOMING),
    (State.INCOMING, "2xx sent", State.ANSWERED),
    (State.INCOMING, "300-699 sent", State.TERMINATED),
    (State.INCOMING, "CANCEL received", State.TERMINATED),
    (State.INCOMING, "BYE received", State.TERMINATED),
    (State.INCOMING, "transport error", State.TERMINATED),
    (State.ANSWERED, "ACK", State.CONFIRMED),
    (State.ANSWERED, "no ACK", State.ENDING),
    (State.ANSWERED, "hang up", State.BYE_WAITING),
    (State.ANSWERED, "BYE received", State.TERMINATED),
    (State.BYE_WAITING, "ACK", State.ENDING),
    (State.BYE_WAITING, "no ACK", State.ENDING),
    (State.BYE_WAITING, "BYE received", State.TERMINATED),
    (State.CONFIRMED, "hang up", State.ENDING),
    (State.CONFIRMED, "no ACK", State.ENDING),  # of a re-INVITE answered here
    (State.CONFIRMED, "BYE received", State.TERMINATED),
    (State.ENDING, "BYE received", State.TERMINATED),
    (State.ENDING, "BYE answered", State.TERMINATED),
    (State.ENDING, "no response", State.TERMINATED),
)


class SessionTimer(Enum):
    """The session's own timers, above those of its transactions."""

    REPEAT_2XX = "retransmit the 2xx: T1 doubling up to T2 until its ACK (§13.3.1.4)"
    NO_ACK = "give up waiting for the ACK of a 2xx: 64*T1, then BYE (§13.3.1.4)"
    REPEAT_1XX = "repeat the provisional response each minute so that proxies keep the call (§13.3.1.1)"
    RING_LIMIT = "cancel a call that nobody answers"
    CANCEL_LIMIT = "give up waiting for the final response to a cancelled INVITE: 64*T1 (§9.1)"
    GLARE = "offer again after a 491 (§14.1)"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Open a client transaction."""

    request: Request
    address: Address


@dataclass(frozen=True, slots=True)
class SendAck:
    """Send the ACK of a 2xx, which has no transaction."""

    request: Request
    address: Address


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a server transaction."""

    key: ServerKey
    response: Response


@dataclass(frozen=True, slots=True)
class AbandonInvite:
    """Nobody waits for the final response to this INVITE any more."""

    branch: str


@dataclass(frozen=True, slots=True)
class Ringing:
    """UAC: a provisional response other than 100 came."""

    response: Response


@dataclass(frozen=True, slots=True)
class Established:
    """The session is confirmed. `body`: the answer to our offer; empty when we answered theirs."""

    body: bytes


@dataclass(frozen=True, slots=True)
class OfferArrived:
    """A re-INVITE came: call `answer_offer`. An empty `body` asks for an offer of ours."""

    body: bytes


@dataclass(frozen=True, slots=True)
class AnswerArrived:
    """The peer answered an offer made inside the session."""

    body: bytes


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The peer refused our re-INVITE; the session goes on as it was."""

    status: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; said once. `status`: the final status that ended it, if one did."""

    by_remote: bool
    status: int | None
    reason: str
    response: Response | None = None


SessionEvent: TypeAlias = Ringing | Established | OfferArrived | AnswerArrived | OfferRefused | Ended
SessionAction: TypeAlias = StartRequest | SendAck | Answer | AbandonInvite | SessionEvent
