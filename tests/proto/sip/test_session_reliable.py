"""Reliable provisional responses (RFC 3262), both ways, and early media."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.core import CoreAction, SessionSaid, UserAgentCore
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.reliable import LAST_RSEQ, RAck, parse_rack, parse_rseq, rseq_of
from aywa.proto.sip.session_states import (
    AnswerArrived,
    EarlyMedia,
    Ended,
    Established,
    OfferArrived,
    Ringing,
    State,
)
from aywa.proto.sip.session_timer import SessionPolicy
from tests.kit.netem import Weather
from tests.kit.sip_messages import ALICE, ANSWER, BOB, OFFER, identity, request, response
from tests.kit.sip_pair import Peer, SipPair
from tests.kit.sip_scripts import NEW_ANSWER, NEW_OFFER, dropping


def called_pair(*, reliable: bool = True, weather: Weather | None = None, seed: int = 1) -> SipPair:
    """Alice has called, and Bob has done nothing yet."""
    pair = SipPair(weather, seed)
    known = pair.alice.core.identity
    policy = SessionPolicy(reliable=reliable)
    pair.alice.core.identity = Identity(known.host, known.port, known.rng, policy=policy)
    pair.call()
    pair.run(0.2)
    return pair


def provisionals(peer: Peer, status: int = 183) -> list[Response]:
    return [m for m in peer.sent if isinstance(m, Response) and m.status == status]


@given(st.integers(0, LAST_RSEQ), st.integers(0, 2**31 - 1))
def test_rack_reads_back(rseq: int, cseq: int) -> None:
    assert parse_rack(str(RAck(rseq, cseq, "INVITE"))) == RAck(rseq, cseq, "INVITE")


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9]{1,12} [0-9]{1,12} ?[A-Z]{0,8}", fullmatch=True)))
def test_only_parse_errors_come_out(text: str) -> None:
    for parse in (parse_rack, parse_rseq):
        with contextlib.suppress(ParseError):
            parse(text)


def test_response_that_asks_for_a_prack_and_has_no_number_is_unreliable() -> None:
    early = response(request(), 183)
    early.headers.add("Require", "100rel")
    assert rseq_of(early) is None
    early.headers.add("RSeq", "one")
    assert rseq_of(early) is None
    early.headers.set("RSeq", "1")
    assert rseq_of(early) == 1


def test_early_media_is_the_answer_and_the_2xx_adds_nothing() -> None:
    pair = called_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    pair.run(0.2)
    (early,) = provisionals(pair.bob)
    assert early.require == ["100rel"]
    assert pair.alice.events(alice)[-1] == EarlyMedia(bob.local_tag, ANSWER, True)
    assert pair.alice.sent_methods() == ["INVITE", "PRACK"]
    prack = pair.alice.sent[-1]
    assert isinstance(prack, Request)
    assert prack.headers.get("RAck") == f"{early.headers.get('RSeq')} {early.cseq.number} INVITE"
    pair.do(pair.bob, bob, lambda now: bob.accept(NEW_ANSWER, now))
    pair.run(1)
    assert pair.alice.events(alice)[-1] == Established(ANSWER)
    assert alice.state is bob.state is State.CONFIRMED
    assert pair.bob.sent_methods() == ["100", "183", "200", "200"]
    pair.do(pair.alice, alice, alice.hang_up)  # its CSeq counts on from the PRACK
    pair.run(100)
    assert not pair.alice.core.sessions
    assert not pair.bob.core.sessions


def test_caller_without_100rel_gets_a_foretaste() -> None:
    pair = called_pair(reliable=False)
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    pair.run(0.2)
    assert pair.alice.events(alice)[-1] == EarlyMedia(bob.local_tag, ANSWER, False)
    with pytest.raises(LocalProtocolError, match="described before"):
        bob.progress(ANSWER, pair.now)
    pair.do(pair.bob, bob, lambda now: bob.accept(ANSWER, now))
    pair.run(1)
    assert pair.alice.sent_methods() == ["INVITE", "ACK"]
    assert pair.alice.events(alice)[-1] == Established(ANSWER)


def test_2xx_waits_for_the_prack() -> None:
    pair = called_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.drop = dropping("PRACK")
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    pair.do(pair.bob, bob, lambda now: bob.accept(ANSWER, now))
    pair.run(0.3)
    assert bob.state is State.PRACK_WAITING
    assert not bob.waiting
    pair.run(1)
    assert alice.state is bob.state is State.CONFIRMED


def test_lost_183_comes_again_and_its_copies_are_taken_once() -> None:
    pair = called_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.drop = dropping("183 INVITE", "PRACK", count=2)
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    pair.run(5)
    assert len(provisionals(pair.bob)) >= 3
    kinds = [type(event) for event in pair.alice.events(alice)]
    assert kinds.count(EarlyMedia) == 1
    assert {
        m.headers.get("RAck") for m in pair.alice.sent if isinstance(m, Request) and m.method == "PRACK"
    } == {f"{provisionals(pair.bob)[0].headers.get('RSeq')} {provisionals(pair.bob)[0].cseq.number} INVITE"}
    pair.run(60)
    assert len(provisionals(pair.bob)) <= 6  # the PRACK has stopped them; one a minute goes on


def test_183_never_acknowledged_is_504() -> None:
    pair = called_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.drop = dropping("PRACK", count=99)
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    sent = pair.now
    pair.run(33)
    # T1 doubling, not held at T2: 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s after the first
    assert len(provisionals(pair.bob)) == 7
    assert pair.bob.events(bob) == [Ended(False, 504, "no PRACK")]
    end = pair.alice.events(alice)[-1]
    assert isinstance(end, Ended)
    assert end.status == 504
    assert pair.now - sent >= 32
    pair.run(100)
    assert len(pair.alice.core.transactions) == len(pair.bob.core.transactions) == 0


@pytest.mark.parametrize("how", ["cancel", "reject", "hang up", "bye"])
def test_call_ends_while_its_2xx_waits_for_the_prack(how: str) -> None:
    pair = called_pair()
    alice, bob = pair.alice.core.sessions[0], pair.bob.calls[0]
    pair.drop = dropping("PRACK", count=99)
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    pair.do(pair.bob, bob, lambda now: bob.accept(ANSWER, now))
    pair.run(0.3)
    assert bob.state is State.PRACK_WAITING
    match how:
        case "cancel":
            pair.do(pair.alice, alice, alice.cancel)
        case "reject":
            pair.do(pair.bob, bob, lambda now: bob.reject(486, now))
        case "hang up":
            pair.do(pair.bob, bob, bob.hang_up)
        case _:
            assert alice.dialog is not None
            pair.bob.core.receive(
                alice.dialog.request("BYE", pair.alice.core.identity.via()), ALICE, pair.now
            )
            pair.bob.drain(pair.now)
    pair.run(100)
    for peer, usage in ((pair.alice, alice), (pair.bob, bob)):
        assert [type(event) for event in peer.events(usage)].count(Ended) == 1
        assert len(peer.core.transactions) == 0


def test_caller_that_requires_100rel_hears_the_ringing_reliably_and_in_order() -> None:
    pair = SipPair()
    call = request(body=OFFER, headers=(("Require", "100rel"),))
    pair.bob.core.receive(call, ALICE, 0.0)
    pair.bob.drain(0.0)
    bob = pair.bob.calls[0]
    for status in (180, 182, 180):
        pair.do(pair.bob, bob, lambda now, status=status: bob.ring(now, status))
    pair.do(pair.bob, bob, lambda now: bob.progress(ANSWER, now))
    sent = [m for m in pair.bob.sent if isinstance(m, Response) and m.status > 100]
    assert [m.status for m in sent] == [180]
    rseq = int(sent[0].headers.get("RSeq") or "")
    for step, status in enumerate((182, 183)):
        prack = request("PRACK", branch=f"z9hG4bKp{step}", sequence=2 + step, to_tag=bob.local_tag)
        prack.headers.add("RAck", f"{rseq + step} 1 INVITE")
        pair.bob.core.receive(prack, ALICE, 0.0)
        pair.bob.drain(0.0)
        last = [m for m in pair.bob.sent if isinstance(m, Response) and m.cseq.method == "INVITE"][-1]
        assert (last.status, last.headers.get("RSeq")) == (status, str(rseq + step + 1))


@pytest.mark.parametrize(
    ("rack", "status"),
    [("{0} 1 INVITE", 200), ("{1} 1 INVITE", 481), ("{0} 2 INVITE", 481), ("{0} 1 UPDATE", 481), ("x", 400)],
)
def test_prack_is_matched_by_number_and_request(rack: str, status: int) -> None:
    bob, usage = offered_pair()
    rseq = int(provisionals(bob)[0].headers.get("RSeq") or "")
    prack = request("PRACK", branch="z9hG4bKp", sequence=2, to_tag=usage.local_tag)
    prack.headers.add("RAck", rack.format(rseq, rseq + 1))
    bob.core.receive(prack, ALICE, 0.0)
    bob.drain(0.0)
    assert [m.status for m in bob.sent if isinstance(m, Response) and m.cseq.method == "PRACK"] == [status]


def offered_pair(*, offer: bool = True) -> tuple[Peer, object]:
    """Bob was called by hand and has sent a reliable 183."""
    pair = SipPair()
    call = request(body=OFFER if offer else b"", headers=(("Supported", "100rel"),))
    pair.bob.core.receive(call, ALICE, 0.0)
    pair.bob.drain(0.0)
    usage = pair.bob.calls[0]
    pair.do(pair.bob, usage, lambda now: usage.progress(ANSWER, now))
    return pair.bob, usage


def acknowledge(bob: Peer, body: bytes, branch: str = "z9hG4bKp", sequence: int = 2) -> Response:
    early = provisionals(bob)[-1]
    prack = request("PRACK", branch=branch, sequence=sequence, to_tag=bob.calls[0].local_tag, body=body)
    prack.headers.add("RAck", f"{early.headers.get('RSeq')} 1 INVITE")
    bob.core.receive(prack, ALICE, 0.0)
    bob.drain(0.0)
    return [m for m in bob.sent if isinstance(m, Response) and m.cseq.method == "PRACK"][-1]


def test_prack_brings_the_answer_to_an_offer_in_the_183() -> None:
    bob, _ = offered_pair(offer=False)
    usage = bob.calls[0]
    assert acknowledge(bob, NEW_ANSWER).status == 200
    assert bob.events(usage) == [AnswerArrived(NEW_ANSWER)]
    usage.accept(ANSWER, 0.0)
    bob.core.apply(usage, 0.0)
    bob.drain(0.0)
    final = bob.sent[-1]
    assert isinstance(final, Response)
    assert (final.status, final.body) == (200, b"")
    bob.core.receive(request("ACK", branch="z9hG4bKa", to_tag=usage.local_tag), ALICE, 0.0)
    bob.drain(0.0)
    assert bob.events(usage)[-1] == Established(b"")


def test_prack_that_answers_nothing_ends_the_call() -> None:
    bob, _ = offered_pair(offer=False)
    assert acknowledge(bob, b"").status == 200
    assert bob.events(bob.calls[0]) == [Ended(False, 488, "Not Acceptable Here")]


def test_prack_brings_a_new_offer_and_its_200_the_answer() -> None:
    bob, _ = offered_pair()
    usage = bob.calls[0]

    def react(peer: Peer, action: CoreAction, now: float) -> None:
        if isinstance(action, SessionSaid) and isinstance(action.event, OfferArrived):
            usage.answer_offer(NEW_ANSWER, now)
            peer.core.apply(usage, now)

    bob.react = react
    usage.accept(ANSWER, 0.0)
    assert usage.state is State.PRACK_WAITING
    answer = acknowledge(bob, NEW_OFFER)
    assert (answer.status, answer.body) == (200, NEW_ANSWER)
    assert usage.state is State.ANSWERED


def test_offer_in_a_183_needs_a_caller_that_knows_100rel() -> None:
    pair = SipPair()
    pair.bob.core.receive(request(), ALICE, 0.0)
    pair.bob.drain(0.0)
    with pytest.raises(LocalProtocolError, match="100rel"):
        pair.bob.calls[0].progress(OFFER, 0.0)


def test_100rel_switched_off_is_not_offered_and_refused_when_required() -> None:
    off = SessionPolicy(reliable=False)
    core = UserAgentCore(Identity(*BOB, identity().rng, policy=off))
    core.receive(request(body=OFFER, headers=(("Require", "100rel"),)), ALICE, 0.0)
    *_, refusal = (action.message for action in core.actions() if isinstance(action, Transmit))
    assert isinstance(refusal, Response)
    assert (refusal.status, refusal.headers.get("Unsupported")) == (420, "100rel")
    assert "100rel" not in dict(core.identity.capabilities())["Supported"]


class Fork:
    """Alice has called, and branches answer by hand."""

    def __init__(self) -> None:
        self.pair = SipPair()
        self.pair.drop = lambda message, to: to is self.pair.bob
        self.usage = self.pair.call()
        invite = self.pair.alice.sent[0]
        assert isinstance(invite, Request)
        self.invite = invite

    def say(self, status: int, tag: str, body: bytes = b"", rseq: int | None = None) -> list[str]:
        """One response; what Alice sends upon it."""
        answer = response(self.invite, status, tag=tag, body=body)
        if rseq is not None:
            answer.headers.add("Require", "100rel")
            answer.headers.add("RSeq", str(rseq))
        before = len(self.pair.alice.sent)
        self.pair.alice.core.receive(answer, BOB, self.pair.now)
        self.pair.alice.drain(self.pair.now)
        return self.pair.alice.sent_methods()[before:]


def test_each_branch_counts_its_own_responses() -> None:
    fork = Fork()
    assert fork.say(183, "a", ANSWER, rseq=10) == ["PRACK"]
    assert fork.say(183, "b", NEW_ANSWER, rseq=500) == ["PRACK"]
    assert fork.say(180, "a", rseq=10) == []  # a copy
    assert fork.say(180, "a", rseq=12) == []  # 11 was lost, and comes first
    assert fork.say(180, "a", rseq=11) == ["PRACK"]
    assert fork.say(180, "a", rseq=12) == ["PRACK"]
    early = [event for event in fork.pair.alice.events(fork.usage) if isinstance(event, EarlyMedia)]
    assert early == [EarlyMedia("a", ANSWER, True), EarlyMedia("b", NEW_ANSWER, True)]
    to = [m.to.tag for m in fork.pair.alice.sent if isinstance(m, Request) and m.method == "PRACK"]
    assert to == ["a", "b", "a", "a"]


def test_first_2xx_wins_and_every_other_is_hung_up() -> None:
    fork = Fork()
    fork.say(183, "a", ANSWER, rseq=1)
    fork.say(183, "b", NEW_ANSWER, rseq=1)
    assert fork.say(200, "a") == ["ACK"]
    assert fork.pair.alice.events(fork.usage)[-1] == Established(ANSWER)
    assert fork.say(200, "b") == ["ACK", "BYE"]
    assert fork.say(200, "b") == ["ACK"]  # a copy
    assert fork.say(200, "c", ANSWER) == ["ACK", "BYE"]
    bye = next(m for m in fork.pair.alice.sent if isinstance(m, Request) and m.method == "BYE")
    prack = [m for m in fork.pair.alice.sent if isinstance(m, Request) and m.method == "PRACK"][1]
    assert (bye.to.tag, bye.cseq.number) == ("b", prack.cseq.number + 1)
    assert fork.usage.state is State.CONFIRMED


def test_more_branches_than_can_be_kept_still_ring() -> None:
    fork = Fork()
    for number in range(40):
        fork.say(180, f"tag-{number}")
    assert len(fork.usage._set_up.branches) == 16
    assert sum(isinstance(e, Ringing) for e in fork.pair.alice.events(fork.usage)) == 40
    assert fork.say(200, "tag-39", ANSWER) == ["ACK"]
    assert fork.usage.state is State.CONFIRMED


def test_2xx_after_cancel_is_acknowledged_and_hung_up_with_the_reason() -> None:
    fork = Fork()
    fork.say(183, "a", ANSWER, rseq=1)
    fork.pair.do(fork.pair.alice, fork.usage, fork.usage.cancel)
    assert fork.pair.alice.sent_methods()[-1] == "CANCEL"
    assert fork.say(200, "a") == ["ACK", "BYE"]
    assert fork.say(200, "b", ANSWER) == ["ACK", "BYE"]


def test_reliable_calls_over_bad_networks_end_up_agreeing() -> None:
    for seed in range(60):
        pair = called_pair(weather=Weather(loss=0.25, duplicate=0.2, jitter_s=0.6), seed=seed)
        while not pair.bob.calls and pair.step(40):
            pass
        if not pair.bob.calls:
            continue
        bob = pair.bob.calls[0]
        pair.do(pair.bob, bob, lambda now, bob=bob: bob.progress(ANSWER, now))
        pair.run(seed % 7)
        if bob.waiting:
            pair.do(pair.bob, bob, lambda now, bob=bob: bob.accept(ANSWER, now))
        pair.run(150)
        alice = next(usage for usage, _ in pair.alice.said) if pair.alice.said else None
        assert alice is not None, seed
        assert (alice.state is State.CONFIRMED) == (bob.state is State.CONFIRMED), seed
        assert alice.state in (State.CONFIRMED, State.TERMINATED), seed
        pair.do(pair.alice, alice, alice.hang_up)
        pair.run(150)
        assert not pair.alice.core.sessions, seed
        assert not pair.bob.core.sessions, seed
        assert len(pair.alice.core.transactions) == len(pair.bob.core.transactions) == 0, seed
