"""What a re-INVITE and an UPDATE with an offer share: answers, refusals, glare, a peer that lost the call."""

from __future__ import annotations

from enum import Enum

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip.core import CoreAction, SessionSaid
from aywa.proto.sip.message import Response
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import AnswerArrived, Ended, OfferArrived, OfferRefused, State
from tests.kit.sip_messages import OFFER
from tests.kit.sip_pair import Peer
from tests.kit.sip_scripts import NEW_ANSWER, NEW_OFFER, answer_reinvites, reinvite_pair


class By(Enum):
    """The method that carries the offer."""

    INVITE = "a re-INVITE (RFC 3261 §14)"
    UPDATE = "UPDATE (RFC 3311)"

    def offer(self, usage: InviteUsage, now: float) -> None:
        """Offer something new."""
        (usage.offer if self is By.INVITE else usage.update)(NEW_OFFER, now)


every_way = pytest.mark.parametrize("by", By)


def finals(peer: Peer, by: By) -> list[int]:
    """The final answers this side has given, oldest first."""
    return [
        m.status
        for m in peer.sent
        if isinstance(m, Response) and m.cseq.method == by.name and m.status >= 200
    ]


@every_way
@pytest.mark.parametrize("who", ["alice", "bob"])
def test_an_offer_is_answered_with_what_the_user_says(by: By, who: str) -> None:
    pair = reinvite_pair()
    sides = [(pair.alice, pair.alice.core.sessions[0]), (pair.bob, pair.bob.calls[0])]
    (near, usage), (far, other) = sides if who == "alice" else reversed(sides)
    far.react = answer_reinvites
    pair.do(near, usage, lambda now: by.offer(usage, now))
    pair.run(1)
    assert far.events(other)[-1] == OfferArrived(NEW_OFFER)
    assert near.events(usage)[-1] == AnswerArrived(NEW_ANSWER)
    assert finals(far, by)[-1] == 200
    assert near.sent_methods()[-1] == ("ACK" if by is By.INVITE else "UPDATE")
    assert (usage.local_body, usage.peer_body) == (NEW_OFFER, NEW_ANSWER)
    assert (other.local_body, other.peer_body) == (NEW_ANSWER, NEW_OFFER)
    pair.run(60)
    assert usage.state is other.state is State.CONFIRMED  # an ACK, where there is one, has stopped the 2xx


@every_way
def test_a_refused_offer_changes_nothing(by: By) -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]

    def refuse(peer: Peer, action: CoreAction, now: float) -> None:
        if isinstance(action, SessionSaid) and isinstance(action.event, OfferArrived):
            action.usage.answer_offer(None, now)
            peer.core.apply(action.usage, now)

    pair.bob.react = refuse
    pair.do(pair.alice, alice, lambda now: by.offer(alice, now))
    pair.run(1)
    assert pair.alice.events(alice)[-1] == OfferRefused(488)
    assert alice.state is bob.state is State.CONFIRMED
    assert alice.local_body == OFFER


@every_way
def test_glare_is_491_and_settles(by: By) -> None:
    pair = reinvite_pair()
    sides = ((pair.alice, pair.alice.core.sessions[0]), (pair.bob, pair.bob.calls[0]))
    pair.alice.react = pair.bob.react = answer_reinvites
    for peer, usage in sides:
        pair.do(peer, usage, lambda now, usage=usage: by.offer(usage, now))  # type: ignore[misc]
    pair.run(1.5)
    for peer, _ in sides:
        assert finals(peer, by).count(491) == 1
    pair.run(10)
    for peer, usage in sides:
        kinds = [type(event) for event in peer.events(usage)]
        assert kinds.count(AnswerArrived) == kinds.count(OfferArrived) == 1
        assert usage.state is State.CONFIRMED


@every_way
def test_an_offer_out_of_turn_is_our_bug(by: By) -> None:
    pair = reinvite_pair()
    alice = pair.alice.core.sessions[0]
    by.offer(alice, pair.now)
    with pytest.raises(LocalProtocolError):
        by.offer(alice, pair.now)


@every_way
def test_a_peer_that_lost_the_session_ends_it(by: By) -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.bob.core._sessions.clear()  # Bob was restarted
    pair.do(pair.alice, alice, lambda now: by.offer(alice, now))
    pair.run(1)
    assert pair.alice.events(alice)[-1] == Ended(False, 481, "the peer no longer knows the session")
    assert bob.state is State.CONFIRMED
