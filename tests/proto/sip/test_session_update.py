"""UPDATE (RFC 3311), beside test_session_change.py: early, without an offer, across a re-INVITE."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import AnswerArrived, Ended, Established, State
from tests.kit.sip_messages import ALICE, ANSWER, BOB, OFFER, request, response
from tests.kit.sip_pair import Peer, SipPair
from tests.kit.sip_scripts import NEW_ANSWER, NEW_OFFER, answer_reinvites, reinvite_pair, ring_only, status_of


def early_pair() -> SipPair:
    """Bob rings and has described himself reliably."""
    pair = SipPair()
    pair.bob.react = ring_only
    pair.call()
    pair.run(0.5)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    pair.run(0.5)
    return pair


def answers(peer: Peer, method: str) -> list[int]:
    return [m.status for m in peer.sent if isinstance(m, Response) and m.cseq.method == method]


def test_update_without_an_offer_says_nothing_to_the_user() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    before = len(pair.bob.events(bob)), len(pair.alice.events(alice))
    pair.do(pair.alice, alice, lambda now: alice.update(b"", now))
    pair.run(1)
    assert answers(pair.bob, "UPDATE") == [200]
    assert (len(pair.bob.events(bob)), len(pair.alice.events(alice))) == before


def test_update_crossing_a_reinvite_gets_491() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.alice.react = pair.bob.react = answer_reinvites
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.do(pair.bob, bob, lambda now: bob.update(NEW_OFFER, now))
    pair.run(0.1)
    assert answers(pair.alice, "UPDATE") == [491]
    assert answers(pair.bob, "INVITE")[-1] == 491
    pair.run(10)
    assert alice.state is bob.state is State.CONFIRMED
    assert alice.slot.state is bob.slot.state


def test_second_update_before_the_first_is_answered_is_500_and_comes_again() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    assert alice.dialog is not None
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.run(0.1)  # Bob thinks about the re-INVITE
    update = alice.dialog.request("UPDATE", pair.alice.core.identity.via())
    pair.bob.core.receive(update, ALICE, pair.now)
    pair.bob.drain(pair.now)
    refusal = pair.bob.sent[-1]
    assert isinstance(refusal, Response)
    assert refusal.status == 500
    assert 0 <= int(refusal.headers.get("Retry-After") or "-1") <= 10
    pair.do(pair.bob, bob, lambda now: bob.answer_offer(NEW_ANSWER, now))
    pair.run(1)
    assert alice.state is State.CONFIRMED


def test_500_with_retry_after_is_asked_again_then() -> None:
    pair = reinvite_pair()
    alice = pair.alice.core.sessions[0]
    pair.bob.react = answer_reinvites
    pair.drop = lambda message, to: status_of(message) == "UPDATE"
    pair.do(pair.alice, alice, lambda now: alice.update(NEW_OFFER, now))
    update = pair.alice.sent[-1]
    assert isinstance(update, Request)
    refusal = response(update, 500, contact=False)
    refusal.headers.add("Retry-After", "7")
    pair.alice.core.receive(refusal, BOB, pair.now)
    pair.alice.drain(pair.now)
    pair.drop = lambda message, to: False
    pair.run(6.9)
    assert pair.alice.sent[-1] is update
    pair.run(1)
    assert pair.alice.events(alice)[-1] == AnswerArrived(NEW_ANSWER)


def test_update_needs_a_peer_that_allows_it_and_its_turn() -> None:
    pair = reinvite_pair()
    alice = pair.alice.core.sessions[0]
    pair.do(pair.alice, alice, lambda now: alice.update(NEW_OFFER, now))
    with pytest.raises(LocalProtocolError):
        alice.update(b"", pair.now)
    alice.peer_allows = frozenset()
    with pytest.raises(LocalProtocolError):
        alice.update(b"", pair.now)


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_early_update_changes_what_the_answer_stands_on(who: str) -> None:
    pair = early_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    assert alice.state is State.EARLY
    near, usage = (pair.alice, alice) if who == "alice" else (pair.bob, bob)
    pair.alice.react = pair.bob.react = answer_reinvites
    pair.do(near, usage, lambda now: usage.update(NEW_OFFER, now))
    pair.run(0.5)
    assert near.events(usage)[-1] == AnswerArrived(NEW_ANSWER)
    pair.do(pair.bob, bob, lambda now: bob.accept(ANSWER, now))
    pair.run(1)
    assert alice.state is bob.state is State.CONFIRMED
    assert pair.alice.events(alice)[-1] == Established(NEW_ANSWER if who == "alice" else NEW_OFFER)
    final = [m for m in pair.bob.sent if isinstance(m, Response) and m.status == 200][-1]
    assert (final.cseq.method, final.body) == ("INVITE", b"")
    pair.do(pair.alice, alice, lambda now: alice.update(OFFER, now))
    pair.run(1)
    assert pair.alice.events(alice)[-1] == AnswerArrived(NEW_ANSWER)


def test_early_update_with_an_offer_waits_for_the_first_answer() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    alice = pair.call()
    pair.run(0.5)
    alice.peer_allows = frozenset({"UPDATE"})
    with pytest.raises(LocalProtocolError):
        alice.update(NEW_OFFER, pair.now)
    bob = pair.bob.calls[0]
    early = request("UPDATE", branch="z9hG4bKu", sequence=99_999, to_tag=bob.local_tag, body=NEW_OFFER)
    for name, value in (("Call-ID", bob.call_id), ("From", str(alice._set_up.invite.from_))):
        early.headers.set(name, value)
    pair.bob.core.receive(early, ALICE, pair.now)
    pair.bob.drain(pair.now)
    assert answers(pair.bob, "UPDATE") == [500]


def test_update_open_when_the_2xx_comes_is_settled_after_it() -> None:
    pair = early_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.alice.react = answer_reinvites
    pair.drop = lambda message, to: status_of(message) == "200 UPDATE"
    pair.do(pair.bob, bob, lambda now: bob.update(NEW_OFFER, now))
    pair.do(pair.bob, bob, lambda now: bob.accept(ANSWER, now))
    pair.run(0.3)
    assert bob.state is State.CONFIRMED
    pair.drop = lambda message, to: False
    pair.run(5)
    assert pair.bob.events(bob)[-1] == AnswerArrived(NEW_ANSWER)
    assert bob.state is alice.state is State.CONFIRMED


def test_update_into_an_ended_session_is_481() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.drop = lambda message, to: to is pair.alice and status_of(message) == "BYE"
    pair.do(pair.bob, bob, bob.hang_up)
    pair.do(pair.alice, alice, lambda now: alice.update(b"", now))
    pair.run(1)
    assert answers(pair.bob, "UPDATE") == [481]
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert end.reason == "the peer no longer knows the session"
