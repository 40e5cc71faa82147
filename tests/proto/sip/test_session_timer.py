"""Session timers: headers, negotiation by the table of RFC 4028 §9, refresh, 422, expiry."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sip.header import Reason
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import AnswerArrived, Ended, OfferArrived, SessionTimer
from aywa.proto.sip.session_states import State as SessionState
from aywa.proto.sip.session_timer import (
    Refresher,
    SessionClock,
    SessionExpires,
    SessionPolicy,
    State,
    interval_wanted,
    parse_min_se,
    parse_session_expires,
    refuse_interval,
)
from tests.kit.sip_messages import OFFER, request, response
from tests.kit.sip_pair import Peer, SipPair
from tests.kit.sip_scripts import NEW_OFFER, answer_at_once, answer_reinvites, status_of

SHORT = SessionPolicy(interval_s=90)


def pair_with(alice: SessionPolicy = SHORT, bob: SessionPolicy = SHORT) -> SipPair:
    pair = SipPair()
    for peer, policy in ((pair.alice, alice), (pair.bob, bob)):
        known = peer.core.identity
        peer.core.identity = Identity(known.host, known.port, known.rng, policy=policy)
    pair.bob.react = answer_at_once
    return pair


def count(peer: Peer, method: str) -> int:
    return sum(isinstance(m, Request) and m.method == method for m in peer.sent)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1800", SessionExpires(1800)),
        (" 90 ; refresher=uac", SessionExpires(90, Refresher.UAC)),
        ("4000;Refresher=UAS;x=y", SessionExpires(4000, Refresher.UAS)),
    ],
)
def test_session_expires_is_read(text: str, value: SessionExpires) -> None:
    assert parse_session_expires(text) == value
    assert parse_session_expires(str(value)) == value


@pytest.mark.parametrize("text", ["", "x", "-1", "90;refresher=proxy", "90 90", f"{2**31}", "1" * 400])
def test_broken_session_expires(text: str) -> None:
    with pytest.raises(ParseError):
        parse_session_expires(text)


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9]{1,12}\s*;?[a-z=;\" ]{0,20}", fullmatch=True)))
def test_only_parse_errors_come_out(text: str) -> None:
    for parse in (parse_session_expires, parse_min_se):
        with contextlib.suppress(ParseError):
            parse(text)


def test_policy_that_cannot_work() -> None:
    with pytest.raises(ValueError, match="at least 90"):
        SessionPolicy(interval_s=1800, min_interval_s=60)
    with pytest.raises(ValueError, match="at least its minimum"):
        SessionPolicy(interval_s=100, min_interval_s=120)


def asking(value: str | None, *, timer: bool, minimum: str | None = None) -> Request:
    headers = [("Supported", "timer")] if timer else []
    if value is not None:
        headers.append(("Session-Expires", value))
    if minimum is not None:
        headers.append(("Min-SE", minimum))
    return request(body=OFFER, headers=tuple(headers))


@pytest.mark.parametrize(
    ("asked", "timer", "minimum", "answer", "requires", "state"),
    [
        # RFC 4028 §9, table 2
        ("600", False, None, "600;refresher=uas", False, State.REFRESHER),
        ("600", True, None, "600;refresher=uac", True, State.REFRESHEE),
        ("600;refresher=uac", True, None, "600;refresher=uac", True, State.REFRESHEE),
        ("600;refresher=uas", True, None, "600;refresher=uas", False, State.REFRESHER),
        # the interval may be lowered, not below anybody's minimum, and never raised
        ("7200;refresher=uas", True, None, "1800;refresher=uas", False, State.REFRESHER),
        ("7200;refresher=uas", True, "3600", "3600;refresher=uas", False, State.REFRESHER),
        ("60", False, None, "60;refresher=uas", False, State.REFRESHER),
        # a peer that only says it knows timers gets ours; one that does not gets none
        (None, True, None, "1800;refresher=uac", True, State.REFRESHEE),
        (None, True, "2000", "2000;refresher=uac", True, State.REFRESHEE),
        (None, False, None, None, False, State.OFF),
    ],
)
def test_answer_follows_the_table(
    asked: str | None, timer: bool, minimum: str | None, answer: str | None, requires: bool, state: State
) -> None:
    clock = SessionClock(SessionPolicy())
    headers = dict(clock.answer(asking(asked, timer=timer, minimum=minimum), 100.0))
    assert headers.get("Session-Expires") == answer
    assert ("Require" in headers) is requires
    assert clock.state is state


def test_moments_of_both_roles() -> None:
    clock = SessionClock(SessionPolicy())
    clock.answer(asking("1800;refresher=uas", timer=True), 100.0)
    assert (clock.refresh_at, clock.expire_at) == (1000.0, 1868.0)
    clock.answer(asking("90;refresher=uac", timer=True), 100.0)
    assert (clock.refresh_at, clock.expire_at) == (None, 160.0)
    clock.over()
    assert (clock.state, clock.refresh_at, clock.expire_at) == (State.EXPIRED, None, None)


def test_interval_of_a_second_does_not_make_us_refresh_without_end() -> None:
    clock = SessionClock(SessionPolicy())
    answer = response(request(), 200)
    answer.headers.add("Session-Expires", "1;refresher=uac")
    clock.answered(answer, 0.0)
    assert clock.refresh_at == 45.0


def test_422_names_the_minimum_and_is_only_for_who_knows_timers() -> None:
    policy = SessionPolicy(min_interval_s=300)
    refusal = refuse_interval(asking("299", timer=True), policy)
    assert refusal is not None
    assert (refusal.status, interval_wanted(refusal)) == (422, 300)
    assert refuse_interval(asking("300", timer=True), policy) is None
    assert refuse_interval(asking("90", timer=False), policy) is None
    broken = refuse_interval(asking("soon", timer=True), policy)
    assert broken is not None
    assert broken.status == 400


def test_caller_asks_again_after_422() -> None:
    pair = pair_with(bob=SessionPolicy(interval_s=600, min_interval_s=600))
    alice = pair.call()
    pair.run(1)
    assert pair.alice.sent_methods() == ["INVITE", "ACK", "INVITE", "ACK"]
    first, second = (m for m in pair.alice.sent if isinstance(m, Request) and m.method == "INVITE")
    assert (second.call_id, second.from_.tag) == (first.call_id, first.from_.tag)
    assert second.cseq.number == first.cseq.number + 1
    assert second.headers.get("Session-Expires") == second.headers.get("Min-SE") == "600"
    assert alice.state is SessionState.CONFIRMED
    assert alice.clock.interval_s == 600


def test_422_for_ever_ends_the_call() -> None:
    pair = SipPair()
    pair.call()
    for number in range(1, 6):
        invite = next(m for m in reversed(pair.alice.sent) if isinstance(m, Request) and m.method == "INVITE")
        refusal = response(invite, 422)
        refusal.headers.add("Min-SE", str(2000 * number))
        pair.alice.core.receive(refusal, pair.bob.address, pair.now)
        pair.alice.drain(pair.now)
    assert count(pair.alice, "INVITE") == 4
    assert pair.alice.core.sessions == []


@pytest.mark.parametrize("loss", [(), ("UPDATE",)])
def test_session_lives_for_twenty_minutes_of_updates(loss: tuple[str, ...]) -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.run(1200)
    assert alice.state is pair.bob.calls[0].state is SessionState.CONFIRMED
    assert alice.clock.state is State.REFRESHER
    assert count(pair.alice, "UPDATE") == 1200 // 45
    assert count(pair.bob, "UPDATE") == count(pair.alice, "BYE") == 0
    assert not [e for e in pair.bob.events(pair.bob.calls[0]) if isinstance(e, OfferArrived)]


def test_peer_without_update_is_refreshed_by_reinvite() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    alice.peer_allows = frozenset({"INVITE", "ACK", "BYE"})
    pair.bob.react = answer_reinvites
    pair.run(44.5)
    assert count(pair.alice, "UPDATE") == 0
    assert pair.bob.events(bob)[-1] == OfferArrived(OFFER)  # the same description, nothing changes
    assert count(pair.alice, "INVITE") == 2


def test_refresh_whose_answer_says_nothing_new_is_not_told() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    alice.peer_allows = frozenset()
    pair.bob.react = answer_reinvites  # its answer is another one the first time, the same the second
    pair.run(44.5)
    alice.peer_allows = frozenset()
    pair.run(45)
    assert count(pair.alice, "INVITE") == 3
    assert [type(e) for e in pair.alice.events(alice)].count(AnswerArrived) == 1


@pytest.mark.parametrize("status", [405, 501])
def test_update_refused_as_unknown_becomes_a_reinvite(status: int) -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.drop = lambda message, to: isinstance(message, Request) and message.method == "UPDATE"
    pair.bob.react = answer_reinvites
    pair.run(44.1)
    update = pair.alice.sent[-1]
    assert isinstance(update, Request)
    assert update.method == "UPDATE"
    pair.alice.core.receive(response(update, status, contact=False), pair.bob.address, pair.now)
    pair.alice.drain(pair.now)
    pair.run(200)
    assert count(pair.alice, "INVITE") >= 2
    assert alice.state is SessionState.CONFIRMED


def test_refresher_that_falls_silent_is_hung_up_before_the_interval_ends() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    alice._timers.stop(SessionTimer.REFRESH, SessionTimer.EXPIRY)
    pair.run(62)
    assert pair.bob.events(bob)[-1] == Ended(False, 200, "the session was not refreshed")
    bye = next(m for m in pair.bob.sent if isinstance(m, Request) and m.method == "BYE")
    assert bye.headers.get("Reason") == 'SIP;cause=408;text="the session was not refreshed"'
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert end.causes == (Reason("SIP", 408, "the session was not refreshed"),)


def test_peer_that_lost_the_session_ends_it_at_the_refresh() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.bob.core._sessions.clear()
    pair.run(46)
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert end.reason == "the peer no longer knows the session"


def test_change_of_the_refreshee_keeps_the_roles() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    bob = pair.bob.calls[0]
    pair.alice.react = answer_reinvites
    pair.do(pair.bob, bob, lambda now: bob.offer(NEW_OFFER, now))
    pair.run(1)
    invite = next(m for m in pair.bob.sent if isinstance(m, Request) and m.method == "INVITE")
    assert invite.headers.get("Session-Expires") == "90;refresher=uas"
    assert (alice.clock.state, bob.clock.state) == (State.REFRESHER, State.REFRESHEE)


def test_refresh_waits_for_the_reinvite_under_way() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.bob.react = lambda peer, action, now: None  # Bob thinks about it
    pair.run(40)
    pair.do(pair.alice, alice, lambda now: alice.offer(NEW_OFFER, now))
    pair.run(10)
    assert count(pair.alice, "UPDATE") == 0
    bob = pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.answer_offer(OFFER, now))
    pair.run(30)
    assert alice.state is SessionState.CONFIRMED
    assert count(pair.alice, "UPDATE") == 0  # its 2xx was the refresh
    pair.run(20)
    assert count(pair.alice, "UPDATE") == 1


def test_refresh_refused_for_now_is_tried_again_until_the_end() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.drop = lambda message, to: status_of(message) == "UPDATE"
    pair.run(44.1)
    for _ in range(3):
        update = pair.alice.sent[-1]
        assert isinstance(update, Request)
        assert update.method == "UPDATE"
        pair.alice.core.receive(response(update, 488, contact=False), pair.bob.address, pair.now)
        pair.alice.drain(pair.now)
        pair.run(5)
    pair.run(2)
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert end.reason in (
        "the session was not refreshed",
        'SIP;cause=408;text="the session was not refreshed"',
    )


def test_no_timer_of_ours_leaves_a_peer_without_timers_alone() -> None:
    pair = pair_with(SessionPolicy(interval_s=0), SessionPolicy(interval_s=0))
    alice = pair.call()
    pair.run(10_000)
    assert alice.state is SessionState.CONFIRMED
    assert alice.clock.state is State.OFF
    answers = [m for m in pair.bob.sent if isinstance(m, Response) and m.status == 200]
    assert all("Session-Expires" not in m.headers for m in answers)


def test_network_that_is_gone_for_a_moment_costs_a_refresh_and_no_call() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.drop = lambda message, to: status_of(message) == "UPDATE"
    pair.run(44.1)
    update = pair.alice.sent[-1]
    assert isinstance(update, Request)
    pair.alice.core.transmit_failed(update, pair.now)
    pair.alice.drain(pair.now)
    assert alice.state is SessionState.CONFIRMED
    pair.drop = lambda message, to: False
    pair.run(300)
    assert alice.state is pair.bob.calls[0].state is SessionState.CONFIRMED


def test_refresh_that_was_challenged_goes_on_under_its_new_branch() -> None:
    pair = pair_with()
    alice = pair.call()
    pair.run(1)
    pair.drop = lambda message, to: status_of(message) == "UPDATE"
    pair.run(44.1)
    sent = pair.alice.sent[-1]
    assert isinstance(sent, Request)
    assert alice.dialog is not None
    again = alice.dialog.request("UPDATE", pair.alice.core.identity.via())
    assert alice.replace_request(sent, again)
    assert not alice.replace_request(sent, again)
    answer = response(again, 200)
    answer.headers.add("Session-Expires", "90;refresher=uac")
    alice.receive_response(answer, pair.now)
    assert alice.clock.refresh_at == pair.now + 45


def test_invite_that_was_challenged_is_set_up_anew() -> None:
    pair = SipPair()
    pair.drop = lambda message, to: True
    alice = pair.call()
    sent = pair.alice.sent[0]
    assert isinstance(sent, Request)
    early = response(sent, 183, body=OFFER)
    alice.receive_response(early, 0.1)
    again = alice._invite(alice._set_up.parameters, sent.cseq.number + 1)
    assert alice.replace_request(sent, again)
    assert (alice.state, alice.dialog) == (SessionState.CALLING, None)
    alice.receive_response(response(again, 200, body=OFFER), 0.2)
    assert alice.state is SessionState.CONFIRMED
