"""Dialogs: RFC 3261 §12."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError, RemoteProtocolError
from aywa.proto.sip.dialog import DialogId, State, uac_dialog, uas_dialog
from aywa.proto.sip.header import parse_name_addr
from aywa.proto.sip.routing import next_hop
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import ALICE, BOB, identity, request, response


def test_uas_dialog_mirrors_the_request() -> None:
    invite = request(sequence=7, headers=(("Record-Route", "<sip:198.51.100.1;lr>, <sip:198.51.100.2;lr>"),))
    dialog = uas_dialog(invite, "ours", ALICE)
    assert dialog.id == DialogId("call-1@192.0.2.1", "ours", "from-alice")
    assert (dialog.local_sequence, dialog.remote_sequence) == (0, 7)
    assert [str(route) for route in dialog.route_set] == ["<sip:198.51.100.1;lr>", "<sip:198.51.100.2;lr>"]
    bye = dialog.request("BYE", identity().via())
    assert str(bye.uri) == "sip:alice@192.0.2.1:5060"
    assert (bye.from_.tag, bye.to.tag) == ("ours", "from-alice")
    assert (bye.cseq.number, bye.cseq.method) == (1, "BYE")
    assert bye.contact is None


def test_uac_dialog_reverses_the_routes() -> None:
    answer = response(request(sequence=7), 200)
    answer.headers.add("Record-Route", "<sip:198.51.100.2;lr>")
    answer.headers.add("Record-Route", "<sip:198.51.100.1;lr>")
    dialog = uac_dialog(request(sequence=7), answer, BOB)
    assert dialog.id == DialogId("call-1@192.0.2.1", "from-alice", "to-bob")
    assert [str(route) for route in dialog.route_set] == ["<sip:198.51.100.1;lr>", "<sip:198.51.100.2;lr>"]
    assert dialog.request("BYE", identity().via()).cseq.number == 8
    assert dialog.ack(identity().via(), 7).cseq.number == 7


def test_strict_router_gets_its_own_uri_in_the_request_line() -> None:
    invite = request(headers=(("Record-Route", "<sip:198.51.100.1>, <sip:198.51.100.2;lr>"),))
    bye = uas_dialog(invite, "ours", ALICE).request("BYE", identity().via())
    assert str(bye.uri) == "sip:198.51.100.1"
    assert [str(route) for route in bye.routes] == ["<sip:198.51.100.2;lr>", "<sip:alice@192.0.2.1:5060>"]


def test_sequence_must_rise() -> None:
    dialog = uas_dialog(request(sequence=7), "ours", ALICE)
    dialog.accept_sequence(request("BYE", sequence=9))
    for number in (9, 8, 7, 1):
        with pytest.raises(RemoteProtocolError) as error:
            dialog.accept_sequence(request("BYE", sequence=number))
        assert error.value.status_hint == 500


def test_target_is_refreshed() -> None:
    dialog = uas_dialog(request(), "ours", ALICE)
    again = request(sequence=2)
    again.headers.set("Contact", "<sip:alice@192.0.2.77:5099?subject=x>")
    dialog.refresh_target(again)
    assert str(dialog.request("BYE", identity().via()).uri) == "sip:alice@192.0.2.77:5099"
    assert dialog.next_hop == ("192.0.2.77", 5099)


def test_invite_without_contact_makes_no_dialog() -> None:
    invite = request()
    invite.headers.remove("Contact")
    with pytest.raises(RemoteProtocolError):
        uas_dialog(invite, "ours", ALICE)


def test_states() -> None:
    dialog = uas_dialog(request(), "ours", ALICE)
    dialog.confirm()
    dialog.confirm()
    dialog.end()
    dialog.end()
    assert dialog.state is State.TERMINATED
    with pytest.raises(LocalProtocolError):
        dialog.confirm()


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("sip:192.0.2.9", ("192.0.2.9", 5060)),
        ("sip:x@192.0.2.9:5099;transport=udp", ("192.0.2.9", 5099)),
        ("sip:[2001:db8::1]:5061", ("2001:db8::1", 5061)),
        ("sip:pbx.example.com:5070", BOB),
        ("tel:+15550100", BOB),
    ],
)
def test_next_hop_is_an_address_or_the_fallback(uri: str, address: tuple[str, int]) -> None:
    assert next_hop(parse_uri(uri), BOB) == address


def test_private_contact_of_a_public_peer_is_not_believed() -> None:
    assert next_hop(parse_uri("sip:10.0.0.7:5062"), ("8.8.4.4", 1234)) == ("8.8.4.4", 1234)
    assert next_hop(parse_uri("sip:8.8.8.8"), ("8.8.4.4", 1234)) == ("8.8.8.8", 5060)
    assert next_hop(parse_uri("sip:10.0.0.7"), ("10.0.0.8", 1234)) == ("10.0.0.7", 5060)


def test_peer_without_a_tag_is_borne() -> None:
    """RFC 2543 peers sent none (§12.1.1)."""
    invite = request()
    invite.headers.set("From", str(parse_name_addr("<sip:alice@192.0.2.1>")))
    assert uas_dialog(invite, "ours", ALICE).id.remote_tag == ""
