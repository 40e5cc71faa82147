"""What the scripted side of a call does, and what the network loses."""

from __future__ import annotations

from collections.abc import Callable

from aywa.proto.sip.core import CoreAction, IncomingCall, SessionSaid
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import OfferArrived
from tests.kit.sip_messages import ANSWER, OFFER
from tests.kit.sip_pair import Peer, SipPair

NEW_OFFER = OFFER.replace(b"4000", b"4002")
NEW_ANSWER = ANSWER.replace(b"5000", b"5002")


def answer_at_once(peer: Peer, action: CoreAction, now: float) -> None:
    if isinstance(action, IncomingCall):
        action.usage.ring(now)
        action.usage.accept(ANSWER, now)
        peer.core.apply(action.usage, now)


def ring_only(peer: Peer, action: CoreAction, now: float) -> None:
    if isinstance(action, IncomingCall):
        action.usage.ring(now)
        peer.core.apply(action.usage, now)


def status_of(message: Request | Response) -> str:
    return message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"


def dropping(*what: str, count: int = 1) -> Callable[[Request | Response, Peer], bool]:
    """Drop the first `count` messages of each kind named."""
    left = dict.fromkeys(what, count)

    def drop(message: Request | Response, to: Peer) -> bool:
        kind = status_of(message)
        if left.get(kind, 0) > 0:
            left[kind] -= 1
            return True
        return False

    return drop


def reinvite_pair() -> SipPair:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.call()
    pair.run(1)
    return pair


def answer_reinvites(peer: Peer, action: CoreAction, now: float) -> None:
    if isinstance(action, SessionSaid) and isinstance(action.event, OfferArrived):
        action.usage.answer_offer(NEW_ANSWER, now)
        peer.core.apply(action.usage, now)
