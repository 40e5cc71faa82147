"""INFO, MESSAGE and NOTIFY of our own inside a session, on a network that loses."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip.message import Request
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_message import METHODS, MOST_OPEN
from aywa.proto.sip.session_states import Ended, KeyPressed, MessageAnswered
from tests.kit.sip_pair import Peer, SipPair
from tests.kit.sip_scripts import dropping, reinvite_pair

PRESS = b"Signal=5\r\nDuration=200\r\n"


def alice_of(pair: SipPair) -> InviteUsage:
    return pair.alice.core.sessions[0]


def answers(peer: Peer, usage: InviteUsage) -> list[MessageAnswered]:
    return [event for event in peer.events(usage) if isinstance(event, MessageAnswered)]


def send(pair: SipPair, method: str = "INFO", body: bytes = PRESS) -> None:
    alice = alice_of(pair)
    headers = (("X-Ticket", "7"),)
    pair.do(
        pair.alice, alice, lambda _now: alice.send_message(method, headers, "application/dtmf-relay", body)
    )


@pytest.mark.parametrize("lost", [(), ("INFO",), ("200 INFO",)])
def test_an_info_arrives_once_and_its_answer_is_told_once(lost: tuple[str, ...]) -> None:
    pair = reinvite_pair()
    alice, bob = alice_of(pair), pair.bob.calls[0]
    pair.drop = dropping(*lost)
    send(pair)
    pair.run(5)
    assert [event for event in pair.bob.events(bob) if isinstance(event, KeyPressed)] == [
        KeyPressed("5", 200)
    ]
    assert answers(pair.alice, alice) == [MessageAnswered("INFO", 200)]
    (request,) = {m.encode() for m in pair.bob.received if isinstance(m, Request) and m.method == "INFO"}
    assert b"X-Ticket: 7\r\n" in request
    assert b"Content-Type: application/dtmf-relay\r\n" in request
    assert request.endswith(PRESS)


@pytest.mark.parametrize("method", METHODS)
def test_what_the_peer_refuses_ends_no_call(method: str) -> None:
    pair = reinvite_pair()
    send(pair, method, b"what is this")
    pair.run(5)
    ((answered),) = answers(pair.alice, alice_of(pair))
    assert answered.method == method
    assert answered.status is not None
    assert answered.status >= 400
    assert alice_of(pair).alive


def test_no_answer_is_told_and_leaves_the_session_up() -> None:
    pair = reinvite_pair()
    alice = alice_of(pair)
    pair.drop = dropping("INFO", count=99)
    send(pair)
    pair.run(40)
    assert answers(pair.alice, alice) == [MessageAnswered("INFO", None)]
    assert alice.alive


def test_a_peer_that_knows_no_such_dialog_ends_the_session() -> None:
    pair = reinvite_pair()
    alice, bob = alice_of(pair), pair.bob.calls[0]
    pair.drop = dropping("BYE", "200 BYE", count=99)
    pair.do(pair.bob, bob, lambda now: bob.hang_up(now))
    pair.run(40)  # bob has given up on his BYE, which alice never saw
    pair.drop = dropping()
    send(pair)
    pair.run(5)
    assert answers(pair.alice, alice) == [MessageAnswered("INFO", 481)]
    assert any(isinstance(event, Ended) for event in pair.alice.events(alice))


def test_too_many_at_once_and_none_after_the_end() -> None:
    pair = reinvite_pair()
    alice = alice_of(pair)
    pair.drop = dropping("INFO", count=999)
    for _ in range(MOST_OPEN):
        send(pair)
    with pytest.raises(LocalProtocolError):
        alice.send_message("INFO")
    pair.do(pair.alice, alice, lambda now: alice.hang_up(now))
    with pytest.raises(LocalProtocolError):
        alice.send_message("MESSAGE")
