"""Calls between two of our own user agents on a quiet network."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip.core import CoreAction, SessionSaid
from aywa.proto.sip.header import Reason
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import (
    AnswerArrived,
    Ended,
    Established,
    OfferArrived,
    Ringing,
    State,
)
from tests.kit.sip_messages import ANSWER
from tests.kit.sip_pair import Peer, SipPair
from tests.kit.sip_scripts import (
    NEW_ANSWER,
    NEW_OFFER,
    answer_at_once,
    answer_reinvites,
    dropping,
    reinvite_pair,
    ring_only,
    status_of,
)

NO_ACK = 'SIP;cause=408;text="no ACK"'
NO_ACK_CAUSES = (Reason("SIP", 408, "no ACK"),)


def test_call_is_set_up_and_hung_up_by_the_caller() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    assert alice.state is State.CONFIRMED
    assert bob.state is State.CONFIRMED
    assert isinstance(pair.alice.events(alice)[0], Ringing)
    assert pair.alice.events(alice)[-1] == Established(ANSWER)
    assert pair.bob.events(bob) == [Established(b"")]
    pair.do(pair.alice, alice, alice.hang_up)
    pair.run(1)
    assert pair.alice.events(alice)[-1] == Ended(False, 200, "")
    assert pair.bob.events(bob)[-1] == Ended(True, None, "")
    assert pair.alice.sent_methods() == ["INVITE", "ACK", "BYE"]
    assert pair.bob.sent_methods() == ["100", "180", "200", "200"]
    pair.run(100)
    assert len(pair.alice.core.transactions) == len(pair.bob.core.transactions) == 0
    assert pair.alice.core.deadline is None
    assert pair.bob.core.deadline is None


def test_callee_hangs_up() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, bob.hang_up)
    pair.run(1)
    assert pair.alice.events(alice)[-1] == Ended(True, None, "")
    assert pair.bob.events(bob)[-1] == Ended(False, 200, "")


def test_both_hang_up_at_once() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    pair.do(pair.alice, alice, alice.hang_up)
    pair.do(pair.bob, bob, bob.hang_up)
    pair.run(100)
    assert [type(e) for e in pair.alice.events(alice)].count(Ended) == 1
    assert [type(e) for e in pair.bob.events(bob)].count(Ended) == 1
    assert pair.alice.core.sessions == pair.bob.core.sessions == []


def test_rejection_carries_status_and_headers() -> None:
    pair = SipPair()
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.reject(486, now, headers=(("Reason", "Q.850;cause=17"),)))
    pair.run(1)
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert (end.by_remote, end.status, end.reason) == (True, 486, "Q.850;cause=17")
    assert pair.bob.events(bob) == [Ended(False, 486, "Busy Here")]
    assert pair.alice.sent_methods() == ["INVITE", "ACK"]
    with pytest.raises(LocalProtocolError):
        bob.accept(ANSWER, pair.now)


def test_cancel_while_it_rings() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    alice = pair.call()
    pair.run(5)
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(1)
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert (end.status, end.reason) == (487, "cancelled")
    assert pair.bob.events(pair.bob.calls[0]) == [Ended(True, 487, "cancelled by the caller")]
    assert pair.alice.sent_methods() == ["INVITE", "CANCEL", "ACK"]
    tags = {m.to.tag for m in pair.bob.sent if isinstance(m, Response) and m.status in (180, 200, 487)}
    assert len(tags) == 1  # §9.2


def test_cancel_waits_for_a_provisional_response() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    pair.drop = dropping("100 INVITE", "180 INVITE")
    alice = pair.call()
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(0.4)
    assert "CANCEL" not in pair.alice.sent_methods()
    assert alice.state is State.CANCEL_WAITING
    pair.run(1)
    assert "CANCEL" in pair.alice.sent_methods()
    assert alice.state is State.TERMINATED


def test_refusal_overtakes_the_cancel_that_was_waiting() -> None:
    pair = SipPair()
    pair.drop = dropping("100 INVITE")
    alice = pair.call()
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(0.1)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.reject(486, now))
    pair.run(1)
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert end.status == 486
    assert "CANCEL" not in pair.alice.sent_methods()


def test_cancel_crosses_the_answer() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.accept(ANSWER, now))
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(1)
    assert pair.alice.sent_methods() == ["INVITE", "CANCEL", "ACK", "BYE"]
    assert not any(isinstance(event, Established) for event in pair.alice.events(alice))
    assert pair.alice.events(alice)[-1] == Ended(False, 200, "cancelled")
    assert pair.bob.events(bob)[-1] == Ended(True, None, "")


def test_cancel_that_nobody_finishes_gives_up() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    alice = pair.call()
    pair.run(1)
    pair.drop = lambda message, to: to is pair.alice
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(31.9)
    assert alice.state is State.CANCELLING
    pair.run(0.2)
    assert pair.alice.events(alice)[-1] == Ended(False, 408, "cancelled")
    pair.run(100)
    assert len(pair.alice.core.transactions) == 0


def test_ringing_for_too_long_is_cancelled() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    alice = pair.call(ring_limit_s=20)
    pair.run(21)
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert (end.status, end.reason) == (487, "no answer in time")


def test_ringing_is_repeated_each_minute() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    pair.call(ring_limit_s=200)
    pair.run(130)
    assert pair.bob.sent_methods() == ["100", "180", "180", "180"]


def test_nobody_there() -> None:
    pair = SipPair()
    pair.drop = lambda message, to: True
    alice = pair.call()
    pair.run(40)
    assert pair.alice.events(alice) == [Ended(False, 408, "no final response in time")]
    assert pair.alice.sent_methods() == ["INVITE"] * 7


def test_2xx_is_repeated_until_its_ack() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("ACK", count=2)
    alice = pair.call()
    pair.run(5)
    bob = pair.bob.calls[0]
    assert bob.state is State.CONFIRMED
    assert pair.bob.sent_methods() == ["100", "180", "200", "200", "200"]
    acks = [m.encode() for m in pair.alice.sent if isinstance(m, Request) and m.method == "ACK"]
    assert len(acks) == 3
    assert len(set(acks)) == 1
    assert [type(e) for e in pair.alice.events(alice)].count(Established) == 1


def test_2xx_never_acknowledged_ends_in_bye() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("ACK", count=99)
    alice = pair.call()
    pair.run(31.9)
    bob = pair.bob.calls[0]
    assert bob.state is State.ANSWERED
    pair.run(1)
    assert pair.bob.sent_methods()[-1] == "BYE"
    assert pair.bob.events(bob) == [Ended(False, 200, "no ACK")]
    assert pair.alice.events(alice)[-1] == Ended(True, None, NO_ACK, causes=NO_ACK_CAUSES)
    # 0.5 doubling to 4 s: the first and ten more within 32 s
    assert pair.bob.sent_methods().count("200") == 11


def test_caller_that_never_sees_the_2xx_is_told_by_bye() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("200 INVITE", count=99)
    alice = pair.call()
    pair.run(34)
    assert pair.alice.events(alice)[-1] == Ended(True, None, NO_ACK, causes=NO_ACK_CAUSES)
    pair.run(100)
    assert len(pair.alice.core.transactions) == 0


def test_hang_up_before_the_ack_waits_for_it() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("ACK")
    alice = pair.call()
    pair.run(0.1)
    bob = pair.bob.calls[0]
    assert bob.state is State.ANSWERED
    pair.do(pair.bob, bob, bob.hang_up)
    assert bob.state is State.BYE_WAITING
    assert "BYE" not in pair.bob.sent_methods()
    pair.run(1)
    assert pair.bob.events(bob)[-1] == Ended(False, 200, "")
    assert pair.alice.events(alice)[-1] == Ended(True, None, "")


def test_hang_up_before_an_ack_that_never_comes() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("ACK", count=99)
    pair.call()
    pair.run(0.1)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.hang_up(now, "finished"))
    pair.run(31)
    assert bob.state is State.BYE_WAITING
    pair.run(2)
    assert pair.bob.events(bob) == [Ended(False, 200, "finished")]


def test_caller_hangs_up_while_the_callee_waits_for_the_ack_to_do_so() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("ACK", count=99)
    alice = pair.call()
    pair.run(0.1)
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, bob.hang_up)
    pair.do(pair.alice, alice, alice.hang_up)
    pair.run(1)
    assert pair.bob.events(bob)[-1] == Ended(True, None, "")
    assert pair.alice.events(alice)[-1] == Ended(False, 200, "")


def test_reinvite_never_acknowledged_ends_in_bye() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.bob.react = answer_reinvites
    pair.drop = dropping("ACK", count=99)
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.run(40)
    assert pair.bob.events(bob)[-1] == Ended(False, 200, "no ACK")
    assert pair.alice.events(alice)[-1] == Ended(True, None, NO_ACK, causes=NO_ACK_CAUSES)


def test_hang_up_with_a_reinvite_unanswered_answers_it() -> None:
    pair = reinvite_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.run(0.1)
    pair.do(pair.bob, bob, bob.hang_up)
    pair.run(100)
    assert "487" in pair.bob.sent_methods()
    assert len(pair.bob.core.transactions) == len(pair.alice.core.transactions) == 0


def test_callee_gives_up_while_the_caller_cancels() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = lambda message, to: status_of(message) in ("200 INVITE", "CANCEL")
    alice = pair.call()
    pair.run(1)
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(31.5)  # Bob's BYE comes 32 s after his 2xx, before Alice's own patience ends
    assert pair.alice.events(alice)[-1] == Ended(True, None, NO_ACK, causes=NO_ACK_CAUSES)


def test_bye_unanswered_ends_by_timer_f() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    alice = pair.call()
    pair.run(1)
    pair.drop = lambda message, to: True
    pair.do(pair.alice, alice, alice.hang_up)
    pair.run(31.9)
    assert alice.state is State.ENDING
    pair.run(0.2)
    assert pair.alice.events(alice)[-1] == Ended(False, None, "no final response in time")


def test_offer_in_the_answer_and_answer_in_the_ack() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]

    def react(peer: Peer, action: CoreAction, now: float) -> None:
        if isinstance(action, SessionSaid) and isinstance(action.event, OfferArrived):
            assert action.event.body == b""
            action.usage.answer_offer(NEW_OFFER, now)
            peer.core.apply(action.usage, now)

    pair.bob.react = react
    # A re-INVITE without an offer, as PBXs send it to learn what we can do.
    assert alice.dialog is not None
    invite = alice.dialog.request(
        "INVITE", pair.alice.core.identity.via(), contact=pair.alice.core.identity.contact
    )
    pair.alice.core.transactions.start(invite, alice.dialog.next_hop, pair.now)
    pair.alice.core.apply(alice, pair.now)
    pair.alice.drain(pair.now)
    pair.run(0.1)
    answered = [m for m in pair.bob.sent if isinstance(m, Response)][-1]
    assert (answered.status, answered.body) == (200, NEW_OFFER)
    ack = alice.dialog.ack(pair.alice.core.identity.via(), invite.cseq.number)
    ack.headers.set("Content-Type", "application/sdp")
    ack.body = NEW_ANSWER
    pair.bob.core.receive(ack, pair.alice.address, pair.now)
    pair.bob.drain(pair.now)
    assert pair.bob.events(bob)[-1] == AnswerArrived(NEW_ANSWER)
    assert bob.state is State.CONFIRMED
