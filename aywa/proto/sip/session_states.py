"""The INVITE usage's states, its transition table, its timers, and what it asks of its owner.

RFC 3261 §13 (set-up), §14 (re-INVITE), §15 (BYE), §9 (CANCEL), RFC 3311 (UPDATE), RFC 3262 (PRACK), RFC 4028
(session timers).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.proto.sip.header import Reason
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.routing import Address


class State(Enum):
    """Where the session is."""

    CALLING = "UAC: INVITE sent, nothing heard"
    EARLY = "UAC: a provisional response came"
    CANCEL_WAITING = "UAC: to be cancelled as soon as a provisional response allows it (§9.1)"
    CANCELLING = "UAC: CANCEL sent, the final response is awaited"
    INCOMING = "UAS: INVITE received, not answered"
    PRACK_WAITING = "UAS: the 2xx waits for the PRACK of a 1xx with a description (RFC 3262 §3)"
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
    (State.CALLING, "asked again", State.CALLING),  # after a 422
    (State.EARLY, "asked again", State.CALLING),
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
    (State.INCOMING, "2xx held", State.PRACK_WAITING),
    (State.INCOMING, "no PRACK", State.TERMINATED),
    (State.PRACK_WAITING, "2xx sent", State.ANSWERED),
    (State.PRACK_WAITING, "300-699 sent", State.TERMINATED),
    (State.PRACK_WAITING, "CANCEL received", State.TERMINATED),
    (State.PRACK_WAITING, "BYE received", State.TERMINATED),
    (State.PRACK_WAITING, "transport error", State.TERMINATED),
    (State.PRACK_WAITING, "no PRACK", State.TERMINATED),
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
    GLARE = "ask again after a 491 (§14.1), or a 500 with Retry-After"
    REPEAT_RELIABLE = "retransmit a reliable 1xx: T1 doubling until its PRACK (RFC 3262 §3)"
    NO_PRACK = "give up waiting for the PRACK: 64*T1, then 504 (RFC 3262 §3)"
    REFRESH = "refresh the session: half its interval (RFC 4028 §7.2)"
    EXPIRY = "nobody refreshed: BYE, min(32 s, a third) before the interval ends (RFC 4028 §10)"


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
class EarlyMedia:
    """UAC: a provisional response described what is heard before the answer (183).

    `tag` names the branch of a forked call it is heard from; `reliable`: `body` is the answer, no foretaste.
    """

    tag: str
    body: bytes
    reliable: bool


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The peer pressed a key and said so in an INFO; `duration_ms` is 1 to 10000."""

    key: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Established:
    """The session is confirmed. `body`: the answer to our offer; empty when we answered theirs."""

    body: bytes


@dataclass(frozen=True, slots=True)
class OfferArrived:
    """A re-INVITE, UPDATE or PRACK brought an offer: call `answer_offer`. Empty: it asks for ours."""

    body: bytes


@dataclass(frozen=True, slots=True)
class AnswerArrived:
    """The peer answered an offer made inside the session."""

    body: bytes


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The peer refused our re-INVITE or UPDATE; the session goes on as it was."""

    status: int


@dataclass(frozen=True, slots=True)
class MessageAnswered:
    """The final answer to an INFO, MESSAGE or NOTIFY of the user's; None: none came."""

    method: str
    status: int | None


@dataclass(frozen=True, slots=True)
class ReferAnswered:
    """The final answer to our REFER; None: none came. `reports`: NOTIFYs will tell how its call goes."""

    status: int | None
    reports: bool


@dataclass(frozen=True, slots=True)
class ReferReported:
    """A NOTIFY told how the call goes that our REFER asked for; `last`: no more follows."""

    status: int
    last: bool


@dataclass(frozen=True, slots=True)
class ReferArrived:
    """The peer asks us to call somebody: call `answer_refer`."""

    target: ReferTo


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; said once. `status`: the final status that ended it, if one did.

    `reason` is text; `causes` what the Reason headers of the peer's last message say (RFC 3326).
    """

    by_remote: bool
    status: int | None
    reason: str
    response: Response | None = None
    causes: tuple[Reason, ...] = ()


SessionEvent: TypeAlias = (
    Ringing
    | EarlyMedia
    | KeyPressed
    | Established
    | OfferArrived
    | AnswerArrived
    | OfferRefused
    | MessageAnswered
    | ReferAnswered
    | ReferReported
    | ReferArrived
    | Ended
)
SessionAction: TypeAlias = StartRequest | SendAck | Answer | AbandonInvite | SessionEvent
