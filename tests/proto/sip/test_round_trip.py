"""What is built, printed and parsed again is what was built."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sip.build import ack_for, cancel_for, response_to
from aywa.proto.sip.grammar import quote, unquote
from aywa.proto.sip.header import NameAddr, Via, parse_name_addr, parse_name_addrs, parse_via
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.uri import Uri, escape_user, parse_uri, unescape
from tests.kit.sip_strategies import ADDRESSES, TEXT, URIS, VIAS, requests
from tests.kit.vectors.peers import PEERS


@given(URIS)
def test_uri(uri: Uri) -> None:
    assert parse_uri(str(uri)) == uri


@given(st.text(max_size=30))
def test_user_text(text: str) -> None:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text.encode("utf-8", "replace").decode())
    assert unescape(escape_user(text)) == shown


@given(ADDRESSES)
def test_name_addr(address: NameAddr) -> None:
    assert parse_name_addr(str(address)) == address


@given(st.lists(ADDRESSES, min_size=1, max_size=4))
def test_list_of_addresses(addresses: list[NameAddr]) -> None:
    assert parse_name_addrs(", ".join(map(str, addresses))) == addresses


@given(VIAS)
def test_via(via: Via) -> None:
    assert parse_via(str(via)) == via


@given(TEXT)
def test_quoted_string(text: str) -> None:
    assert unquote(quote(text)) == text


@given(requests())
def test_request(request: Request) -> None:
    parsed = parse_datagram(request.encode())
    assert isinstance(parsed, Request)
    assert parsed.encode() == request.encode()
    assert (parsed.method, parsed.uri, parsed.body) == (request.method, request.uri, request.body)
    assert (parsed.via, parsed.from_, parsed.to) == (request.via, request.from_, request.to)
    assert (parsed.contact, parsed.routes, parsed.cseq) == (request.contact, request.routes, request.cseq)


@given(requests(), st.integers(100, 699), st.binary(max_size=20))
def test_response(request: Request, status: int, body: bytes) -> None:
    response = response_to(request, status, to_tag="ours", body=body, content_type="text/plain")
    parsed = parse_datagram(response.encode())
    assert isinstance(parsed, Response)
    assert parsed.encode() == response.encode()
    assert (parsed.status, parsed.reason, parsed.body) == (status, response.reason, body)
    assert parsed.vias == request.vias
    assert parsed.from_ == request.from_
    assert parsed.to.tag == (request.to.tag or "ours")


@pytest.mark.parametrize("name", PEERS)
def test_peers_messages_leave_as_they_came(name: str) -> None:
    """Printing keeps order and every value byte; only names, blanks at the ends and folds change."""
    message = parse_datagram(PEERS[name])
    printed = message.encode()
    assert parse_datagram(printed).encode() == printed
    assert parse_datagram(printed).headers.items()[:-1] == [
        (name, value) for name, value in message.headers.items() if name != "Content-Length"
    ]


def test_bytes_that_are_not_utf8_leave_as_they_came() -> None:
    data = PEERS["sipp"].replace(b"From: sipp", b'From: "J\xf6rg"')
    message = parse_datagram(data)
    assert message.from_.display == "J\ufffdrg"
    assert b'"J\xf6rg"' in message.encode()
    assert isinstance(message, Request)
    assert b'"J\xf6rg"' in response_to(message, 200, to_tag="t").encode()


def test_ack_and_cancel_share_the_transaction() -> None:
    invite = parse_datagram(PEERS["sbc"])
    assert isinstance(invite, Request)
    refused = response_to(invite, 486, to_tag="busy")
    ack, cancel = ack_for(invite, refused), cancel_for(invite, headers=[("Reason", "SIP;cause=200")])
    for follower in (parse_datagram(ack.encode()), parse_datagram(cancel.encode())):
        assert isinstance(follower, Request)
        assert follower.uri == invite.uri
        assert follower.vias == invite.vias[:1]
        assert follower.cseq.number == invite.cseq.number
        assert follower.cseq.method == follower.method
        assert follower.from_ == invite.from_
        assert follower.body == b""
    assert ack.to.tag == "busy"
    assert cancel.to.tag is None
