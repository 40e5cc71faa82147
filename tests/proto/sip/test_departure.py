"""Which way messages take, and what they say about it."""

from __future__ import annotations

import pytest

from aywa.proto.sip.build import cancel_for
from aywa.proto.sip.departure import MAX_UDP_REQUEST, Departures
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.routing import Address, next_hop, response_address
from aywa.proto.sip.stream_address import StreamAddress, Transport, transport_of
from aywa.proto.sip.transactions import TransactionLayer
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import ALICE, BOB, request, response

HERE = {Transport.UDP: ALICE, Transport.TCP: (ALICE[0], 5070)}
FLOW = StreamAddress("192.0.2.2", 40_000, Transport.TCP, 7)


@pytest.mark.parametrize(
    ("uri", "fallback", "expected"),
    [
        ("sip:b@192.0.2.2:5080;transport=tcp", FLOW, FLOW.at(5080)),
        ("sip:b@192.0.2.2", FLOW, FLOW.at(5060)),
        ("sip:b@192.0.2.9;transport=tcp", FLOW, StreamAddress("192.0.2.9", 5060, Transport.TCP)),
        ("sip:b@192.0.2.9", FLOW, ("192.0.2.9", 5060)),
        ("sip:b@pbx.example", FLOW, FLOW),
        ("sips:b@192.0.2.9", BOB, StreamAddress("192.0.2.9", 5061, Transport.TLS)),
        ("sip:b@192.0.2.9;transport=tls", BOB, StreamAddress("192.0.2.9", 5061, Transport.TLS)),
        ("sip:b@[2001:db8::9]:5080", ("2001:db8::1", 5060), ("2001:db8::9", 5080)),
    ],
)
def test_next_hop(uri: str, fallback: Address, expected: Address) -> None:
    assert next_hop(parse_uri(uri), fallback) == expected


def test_responses_go_back_by_their_connection() -> None:
    asked = request("OPTIONS")
    assert response_address(asked, FLOW) == FLOW.at(asked.via.sent_by[1])


def test_via_and_contact_say_the_transport() -> None:
    ours = request()
    ours.headers.set("Contact", f"<sip:a@{ALICE[0]}:{ALICE[1]}>;expires=9")
    branch = ours.via.branch
    assert Departures(HERE).prepare(ours, FLOW) == FLOW
    again = parse_datagram(ours.encode())
    assert (again.via.transport, again.via.port, again.via.branch) == ("TCP", 5070, branch)
    assert str(again.contact) == f"<sip:a@{ALICE[0]}:5070;transport=tcp>;expires=9"


def test_foreign_contacts_and_responses_keep_what_they_say() -> None:
    theirs = response(request(), 200)
    theirs.headers.set("Contact", "<sip:b@203.0.113.1>")
    via = str(theirs.via)
    Departures(HERE).prepare(theirs, FLOW)
    assert (str(theirs.via), str(theirs.contact)) == (via, "<sip:b@203.0.113.1>")


@pytest.mark.parametrize("known", [True, False])
def test_long_requests_take_a_stream_that_is_open(known: bool) -> None:
    departures = Departures(HERE, lambda address: FLOW if known else None)
    short, long = request(), request()
    long.headers.add("X-Long", "x" * MAX_UDP_REQUEST)
    assert transport_of(departures.prepare(short, BOB)) is Transport.UDP
    assert transport_of(departures.prepare(long, BOB)) is (Transport.TCP if known else Transport.UDP)
    assert long.via.transport == ("TCP" if known else "UDP")


def test_a_cancel_follows_its_invite_to_the_stream() -> None:
    departures = Departures(HERE, lambda address: FLOW)
    invite = request()
    invite.headers.add("X-Long", "x" * MAX_UDP_REQUEST)
    departures.prepare(invite, BOB)
    assert departures.prepare(cancel_for(invite), BOB) == FLOW


def test_each_contact_of_ours_says_the_transport() -> None:
    ours = request("REGISTER")
    here = f"<sip:a@{ALICE[0]}:{ALICE[1]}>;expires=0"
    ours.headers.set("Contact", f"<sip:a@203.0.113.5:40000>;expires=9, {here}")
    Departures(HERE).prepare(ours, FLOW)
    assert [str(contact) for contact in ours.contacts] == [
        "<sip:a@203.0.113.5:40000>;expires=9",
        f"<sip:a@{ALICE[0]}:5070;transport=tcp>;expires=0",
    ]


def test_nothing_is_sent_twice_over_a_stream() -> None:
    for destination, sends in ((BOB, 7), (FLOW, 1)):
        layer = TransactionLayer()
        layer.start(request(), destination, 0.0)
        while layer.deadline is not None and layer.deadline < 32.0:
            layer.handle_timers(layer.deadline)
        assert sum(isinstance(action, Transmit) for action in layer.actions()) == sends


def test_a_lost_connection_ends_what_was_asked_over_it() -> None:
    layer = TransactionLayer()
    layer.start(request(), FLOW, 0.0)
    layer.connection_lost(lambda address: address == BOB, 1.0)
    assert len(layer) == 1
    layer.connection_lost(lambda address: address == FLOW, 1.0)
    assert len(layer) == 0
