"""Where a redirected call goes, and where it does not; what CANCEL and BYE say of their reason."""

from __future__ import annotations

from aywa.proto.sip.header import Reason
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.redirect import MAX_TARGETS, RedirectPlan
from aywa.proto.sip.session_states import Ended, State
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import request, response
from tests.kit.sip_pair import SipPair
from tests.kit.sip_scripts import answer_at_once, dropping, ring_only

FIRST = parse_uri("sip:bob@192.0.2.2")
CAUSE = Reason("Q.850", 16, "Normal call clearing")


def moved(*contacts: str) -> Response:
    answer = response(request(), 302, contact=False)
    for contact in contacts:
        answer.headers.add("Contact", contact)
    return answer


def drain(plan: RedirectPlan) -> list[str]:
    found = []
    while (uri := plan.next()) is not None:
        found.append(uri.user_text)
    return found


def test_targets_come_by_their_q_each_once() -> None:
    plan = RedirectPlan(FIRST, lambda uri: True)
    plan.add(
        moved("<sip:c@h>;q=0.3, <sip:a@h>;q=0.9", "<sip:b@h>;q=0.5, <sip:a@H:5060>", "<sip:bob@192.0.2.2>")
    )
    assert drain(plan) == ["a", "b", "c"]
    plan.add(moved("<sip:a@h>"))
    assert drain(plan) == []


def test_what_is_not_allowed_is_not_called() -> None:
    plan = RedirectPlan(FIRST, lambda uri: uri.host == "h")
    plan.add(moved("<sip:900@toll.example>, <sip:a@h?Route=evil>, <tel:+900>, <mailto:x@h>"))
    uri = plan.next()
    assert uri is not None
    assert (uri.user, uri.headers) == ("a", ())
    assert plan.next() is None


def test_redirects_end() -> None:
    plan = RedirectPlan(FIRST, lambda uri: True)
    called = 0
    for number in range(50):
        plan.add(moved(f"<sip:n{number}@h>"))
        called += len(drain(plan))
    assert called == MAX_TARGETS


def test_nonsense_in_q_is_the_default() -> None:
    plan = RedirectPlan(FIRST, lambda uri: True)
    plan.add(moved("<sip:a@h>;q=0.9, <sip:b@h>;q=9, <sip:c@h>;q=nan, <sip:d@h>"))
    assert drain(plan) == ["b", "c", "d", "a"]


def test_cancel_tells_its_reason() -> None:
    pair = SipPair()
    pair.bob.react = ring_only
    alice = pair.call()
    pair.run(1)
    elsewhere = Reason("SIP", 200, "Call completed elsewhere")
    pair.do(pair.alice, alice, lambda now: alice.cancel(now, "answered", elsewhere))
    pair.run(1)
    end = pair.bob.events(pair.bob.calls[0])[-1]
    assert isinstance(end, Ended)
    assert (end.status, end.causes) == (487, (elsewhere,))
    assert "completed elsewhere" in end.reason


def test_bye_tells_its_reason_both_ways() -> None:
    for by_caller in (True, False):
        pair = SipPair()
        pair.bob.react = answer_at_once
        alice = pair.call()
        pair.run(1)
        bob = pair.bob.calls[0]
        near, usage, far, other = (
            (pair.alice, alice, pair.bob, bob) if by_caller else (pair.bob, bob, pair.alice, alice)
        )
        pair.do(near, usage, lambda now, usage=usage: usage.hang_up(now, "ours alone", CAUSE))
        pair.run(1)
        end = far.events(other)[-1]
        assert isinstance(end, Ended)
        assert end.causes == (CAUSE,)
        assert "ours alone" not in end.reason


def test_reason_that_cannot_be_read_is_text_only() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    alice = pair.call()
    pair.run(1)
    assert alice.dialog is not None
    bye = alice.dialog.request("BYE", pair.alice.core.identity.via())
    bye.headers.add("Reason", ";;;cause=" + "1" * 900)
    pair.bob.core.receive(bye, pair.alice.address, pair.now)
    pair.bob.drain(pair.now)
    end = pair.bob.events(pair.bob.calls[0])[-1]
    assert isinstance(end, Ended)
    assert (len(end.reason), end.causes) == (200, ())


def test_cancel_after_the_2xx_is_answered_and_changes_nothing() -> None:
    pair = SipPair()
    pair.bob.react = answer_at_once
    pair.drop = dropping("200 INVITE", count=1)  # Alice cancels what Bob has answered
    alice = pair.call()
    pair.run(0.1)
    bob = pair.bob.calls[0]
    assert (alice.state, bob.state) == (State.EARLY, State.ANSWERED)
    pair.do(pair.alice, alice, alice.cancel)
    pair.run(0.1)
    assert [m.status for m in pair.bob.sent if isinstance(m, Response) and m.cseq.method == "CANCEL"] == [200]
    assert bob.state is State.ANSWERED
    pair.run(5)  # the 2xx comes again: ACK and BYE
    assert [m.method for m in pair.alice.sent if isinstance(m, Request)][-2:] == ["ACK", "BYE"]
    assert alice.state is bob.state is State.TERMINATED
