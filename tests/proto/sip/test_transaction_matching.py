"""Which message belongs to which transaction: RFC 3261 §17.1.3, §17.2.3, §18.2, RFC 3581."""

from __future__ import annotations

import pytest

from aywa.errors import ParseError
from aywa.proto.sip.header import NameAddr, Via
from aywa.proto.sip.layer_actions import (
    AckArrived,
    LayerAction,
    RequestArrived,
    ResponseArrived,
    TransactionFailed,
    TransactionOver,
    Transmit,
)
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.transactions import TransactionLayer
from tests.kit.sip_messages import ALICE, BOB, request, response


def drain(layer: TransactionLayer) -> list[LayerAction]:
    return list(layer.actions())


def arrived(layer: TransactionLayer) -> RequestArrived:
    found = [action for action in layer.actions() if isinstance(action, RequestArrived)]
    assert len(found) == 1
    return found[0]


def statuses(actions: list[LayerAction]) -> list[int]:
    return [a.message.status for a in actions if isinstance(a, Transmit) and isinstance(a.message, Response)]


def test_retransmission_reaches_the_user_once() -> None:
    layer = TransactionLayer()
    layer.receive(request(), ALICE, 0.0)
    assert arrived(layer).request.method == "INVITE"
    layer.receive(request(), ALICE, 0.5)
    assert statuses(drain(layer)) == [100]
    assert layer.counters.retransmissions == 1
    assert len(layer) == 1


def test_same_branch_from_another_sender_is_another_transaction() -> None:
    layer = TransactionLayer()
    layer.receive(request("OPTIONS"), ALICE, 0.0)
    arrived(layer)
    other = request("OPTIONS", call_id="call-2")
    other.headers.set("Via", str(Via("UDP", "192.0.2.9", 5060, {"branch": "z9hG4bKalpha"})))
    layer.receive(other, ("192.0.2.9", 5060), 0.0)
    assert arrived(layer).source == ("192.0.2.9", 5060)
    assert len(layer) == 2


def test_sent_by_compares_without_case_and_with_the_default_port() -> None:
    layer = TransactionLayer()
    first, second = request("OPTIONS"), request("OPTIONS")
    first.headers.set("Via", "SIP/2.0/UDP Host.example;branch=z9hG4bKx")
    second.headers.set("Via", "SIP/2.0/UDP hOST.example:5060;branch=z9hG4bKx")
    layer.receive(first, ALICE, 0.0)
    layer.receive(second, ALICE, 0.0)
    assert layer.counters.retransmissions == 1


def test_ack_of_a_failure_is_absorbed_and_of_a_2xx_passed_up() -> None:
    layer = TransactionLayer()
    layer.receive(request(), ALICE, 0.0)
    key = arrived(layer).key
    layer.respond(key, response(request(), 486), 0.0)
    drain(layer)
    layer.receive(request("ACK", to_tag="to-bob"), ALICE, 0.1)
    assert drain(layer) == []
    layer.receive(request("ACK", branch="z9hG4bKbeta", to_tag="to-bob"), ALICE, 0.1)
    assert isinstance(drain(layer)[0], AckArrived)


def test_ack_with_the_branch_of_an_accepted_invite_is_passed_up() -> None:
    """RFC 6026 §7.1: some peers reuse the INVITE's branch in the ACK of a 2xx."""
    layer = TransactionLayer()
    layer.receive(request(), ALICE, 0.0)
    layer.respond(arrived(layer).key, response(request(), 200), 0.0)
    drain(layer)
    layer.receive(request("ACK", to_tag="to-bob"), ALICE, 0.1)
    assert isinstance(drain(layer)[0], AckArrived)


def test_cancel_is_its_own_transaction_and_knows_its_invite() -> None:
    layer = TransactionLayer()
    layer.receive(request(), ALICE, 0.0)
    invite = arrived(layer).key
    layer.receive(request("CANCEL"), ALICE, 0.1)
    cancel = arrived(layer).key
    assert cancel != invite
    assert cancel.invite() == invite


def test_merged_request_is_refused_with_482_each_time() -> None:
    layer = TransactionLayer()
    layer.receive(request(), ALICE, 0.0)
    drain(layer)
    answers = []
    for _ in range(2):
        layer.receive(request(branch="z9hG4bKother-path"), ALICE, 0.0)
        answers += drain(layer)
    assert statuses(answers) == [482, 482]
    first, second = [a.message for a in answers if isinstance(a, Transmit)]
    assert first.to.tag == second.to.tag  # §8.2.7
    assert len(layer) == 1


def test_same_cseq_is_no_loop_once_the_first_is_over() -> None:
    layer = TransactionLayer()
    layer.receive(request("OPTIONS"), ALICE, 0.0)
    layer.respond(arrived(layer).key, response(request("OPTIONS"), 200), 0.0)
    layer.handle_timers(32.0)
    assert any(isinstance(action, TransactionOver) for action in layer.actions())
    layer.receive(request("OPTIONS", branch="z9hG4bKnew"), ALICE, 40.0)
    assert arrived(layer).request.method == "OPTIONS"


@pytest.mark.parametrize("branch", ["1", ""])
def test_a_caller_of_rfc_2543_is_matched_by_the_fields_his_requests_share(branch: str) -> None:
    layer = TransactionLayer()
    layer.receive(request(branch=branch), ALICE, 0.0)
    key = arrived(layer).key
    layer.receive(request(branch=branch), ALICE, 0.1)
    assert layer.counters.retransmissions == 1
    layer.receive(request(branch=branch, sequence=2, call_id="other"), ALICE, 0.1)
    other = arrived(layer).key
    assert key != other
    layer.receive(request("CANCEL", branch=branch), ALICE, 0.2)
    assert arrived(layer).key.invite() == key
    layer.respond(key, response(request(branch=branch), 487), 0.3)
    drain(layer)
    layer.receive(request("ACK", branch=branch, to_tag="to-bob"), ALICE, 0.4)
    assert drain(layer) == []  # taken by the transaction: it repeats its 487 no more
    assert layer.counters.without_cookie == 5


def test_a_refusal_that_cannot_be_sent_and_belongs_to_no_transaction_is_forgotten() -> None:
    """The refused request had no CSeq, so its refusal has none."""
    layer = TransactionLayer()
    broken = b"INVITE sip:a@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\r\n"
    layer.refuse(broken, ParseError("From is missing", where="From"), ALICE)
    (refusal,) = drain(layer)
    assert isinstance(refusal, Transmit)
    layer.transmit_failed(refusal.message, 0.0)
    assert drain(layer) == []


def test_limit_refuses_without_state_and_lets_byes_in() -> None:
    layer = TransactionLayer(limit=1)
    layer.receive(request(), ALICE, 0.0)
    drain(layer)
    refused = request(branch="z9hG4bK2", call_id="call-2")
    for _ in range(3):
        layer.receive(refused, ALICE, 0.0)
        actions = drain(layer)
        assert statuses(actions) == [503]
        assert isinstance(actions[0], Transmit)
        assert actions[0].message.headers.get("Retry-After") == "5"
    assert len(layer) == 1
    layer.receive(request("ACK", branch="z9hG4bK2", call_id="call-2"), ALICE, 0.0)
    assert isinstance(drain(layer)[0], AckArrived)  # which the core lets fall
    layer.receive(request("BYE", branch="z9hG4bK3", to_tag="x"), ALICE, 0.0)
    assert arrived(layer).request.method == "BYE"


def test_response_goes_to_the_source_by_rport() -> None:
    layer = TransactionLayer()
    layer.receive(request("OPTIONS"), ("198.51.100.7", 40_000), 0.0)
    opened = arrived(layer)
    via = opened.request.via
    assert (via.received, via.rport) == ("198.51.100.7", 40_000)
    layer.respond(opened.key, response(opened.request, 200), 0.0)
    assert [a.address for a in drain(layer) if isinstance(a, Transmit)] == [("198.51.100.7", 40_000)]


def test_response_goes_to_the_sent_by_port_without_rport() -> None:
    layer = TransactionLayer()
    message = request("OPTIONS")
    message.headers.set("Via", "SIP/2.0/UDP proxy.example:5070;branch=z9hG4bKx;maddr=203.0.113.1")
    message.headers.add("Via", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKy")
    layer.receive(message, ("198.51.100.7", 40_000), 0.0)
    opened = arrived(layer)
    assert [str(via) for via in opened.request.vias] == [
        "SIP/2.0/UDP proxy.example:5070;branch=z9hG4bKx;maddr=203.0.113.1;received=198.51.100.7",
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKy",
    ]
    layer.respond(opened.key, response(opened.request, 200), 0.0)
    assert [a.address for a in drain(layer) if isinstance(a, Transmit)] == [("198.51.100.7", 5070)]


def test_response_finds_its_request_by_branch_and_method() -> None:
    layer = TransactionLayer()
    invite = request()
    key = layer.start(invite, BOB, 0.0)
    cancel = layer.start(request("CANCEL"), BOB, 0.0)
    drain(layer)
    layer.receive(response(request("CANCEL"), 200), BOB, 0.1)
    assert [a.key for a in drain(layer) if isinstance(a, ResponseArrived)] == [cancel]
    layer.receive(response(invite, 180), BOB, 0.1)
    assert [a.key for a in drain(layer) if isinstance(a, ResponseArrived)] == [key]
    layer.receive(response(request(branch="z9hG4bKunknown"), 200), BOB, 0.1)
    assert drain(layer) == []
    assert layer.counters.stray_responses == 1


def test_failed_send_ends_the_transaction() -> None:
    layer = TransactionLayer()
    invite = request()
    key = layer.start(invite, BOB, 0.0)
    drain(layer)
    layer.transmit_failed(invite, 0.0)
    actions = drain(layer)
    assert [type(action) for action in actions] == [TransactionFailed, TransactionOver]
    assert all(a.key == key for a in actions if isinstance(a, TransactionFailed | TransactionOver))
    layer.transmit_failed(invite, 0.0)
    layer.transmit_failed(response(request(), 200), 0.0)
    assert drain(layer) == []
    assert layer.deadline is None


def test_broken_request_is_answered_statelessly_where_it_can_be() -> None:
    layer = TransactionLayer()
    data = request("OPTIONS").encode().replace(b"CSeq: 1 OPTIONS", b"CSeq: x")
    layer.refuse(data, ParseError("Malformed CSeq", where="CSeq"), ALICE)
    actions = drain(layer)
    assert statuses(actions) == [400]
    layer.refuse(b"\x00\x01\x02", ParseError("no"), ALICE)
    layer.refuse(request("ACK").encode(), ParseError("no"), ALICE)
    assert drain(layer) == []
    assert layer.counters.broken == 3


def test_from_display_does_not_matter() -> None:
    layer = TransactionLayer()
    message: Request = request()
    message.headers.set("From", str(NameAddr("Alice", message.from_.uri, message.from_.parameters)))
    layer.receive(message, ALICE, 0.0)
    layer.receive(request(branch="z9hG4bKz"), ALICE, 0.0)
    assert layer.counters.merged == 1
