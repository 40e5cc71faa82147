"""Re-INVITE between two of our own user agents, beside test_session_change.py: what only INVITE can do."""

from __future__ import annotations

from aywa.proto.sip.core import CoreAction, SessionSaid
from aywa.proto.sip.message import Response
from aywa.proto.sip.session_states import (
    Answer,
    OfferArrived,
    OfferRefused,
    State,
)
from tests.kit.sip_pair import Peer
from tests.kit.sip_scripts import (
    NEW_OFFER,
    reinvite_pair,
    status_of,
)


def test_reinvite_that_never_gets_a_final_response_leaves_nothing_behind() -> None:
    pair = reinvite_pair()  # Bob says 100, and his user never answers
    alice = pair.alice.core.sessions[0]
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.run(1)
    pair.drop = lambda message, to: status_of(message) == "487 INVITE"
    pair.do(pair.alice, alice, alice.hang_up)
    pair.run(100)
    assert alice.state is State.TERMINATED
    assert len(pair.alice.core.transactions) == 0


def test_peer_changes_for_ever_491() -> None:
    pair = reinvite_pair()
    alice = pair.alice.core.sessions[0]

    def always_491(peer: Peer, action: CoreAction, now: float) -> None:
        if isinstance(action, SessionSaid) and isinstance(action.event, OfferArrived):
            usage = action.usage
            pending = usage._peer_change
            assert pending is not None
            usage._peer_change = None
            usage.slot.refused()
            usage._actions.append(Answer(pending.key, usage._response(pending.request, 491)))
            peer.core.apply(usage, now)

    pair.bob.react = always_491
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.run(60)
    assert pair.bob.sent_methods().count("491") == 5
    assert pair.alice.events(alice)[-1] == OfferRefused(491)
    assert alice.state is State.CONFIRMED


def test_second_reinvite_before_the_first_is_answered_is_500() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    assert alice.dialog is not None
    for _ in range(2):
        invite = alice.dialog.request("INVITE", pair.alice.core.identity.via())
        pair.bob.core.receive(invite, pair.alice.address, pair.now)
        pair.bob.drain(pair.now)
    refusal = pair.bob.sent[-1]
    assert isinstance(refusal, Response)
    assert refusal.status == 500
    assert 0 <= int(refusal.headers.get("Retry-After") or "") <= 10
    pair.do(pair.alice, alice, alice.hang_up)
    pair.run(1)
    assert "487" in pair.bob.sent_methods()  # §15.1.2
    assert bob.state is State.TERMINATED
