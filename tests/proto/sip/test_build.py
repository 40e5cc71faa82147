"""Messages built here: what is copied, and that no value can add a line."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip.build import ack_for, cancel_for, new_request, response_to
from aywa.proto.sip.header import NameAddr, Via
from aywa.proto.sip.message import Headers, Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.status import REASON_PHRASES, reason_phrase
from aywa.proto.sip.uri import Uri, parse_uri
from tests.kit.vectors.peers import PEERS


def invite() -> Request:
    return new_request(
        "INVITE",
        parse_uri("sip:600@192.0.2.9?Subject=x"),
        via=Via("UDP", "192.0.2.1", 5080, {"branch": "z9hG4bK1", "rport": None}),
        from_=NameAddr("Aywa", Uri("sip", "aywa", host="192.0.2.1"), {"tag": "f"}),
        to=NameAddr("", Uri("sip", "600", host="192.0.2.9")),
        call_id="1@192.0.2.1",
        cseq=7,
        contact=NameAddr("", Uri("sip", None, host="192.0.2.1", port=5080)),
        routes=[NameAddr("", parse_uri("sip:192.0.2.5;lr"))],
        headers=[("Record-Route", "<sip:p;lr>"), ("Timestamp", "54")],
        body=b"v=0",
        content_type="application/sdp",
    )


def test_an_invite_to_the_letter() -> None:
    assert invite().encode() == (
        b"INVITE sip:600@192.0.2.9 SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5080;branch=z9hG4bK1;rport\r\n"
        b"Max-Forwards: 70\r\n"
        b"Route: <sip:192.0.2.5;lr>\r\n"
        b'From: "Aywa" <sip:aywa@192.0.2.1>;tag=f\r\n'
        b"To: <sip:600@192.0.2.9>\r\n"
        b"Call-ID: 1@192.0.2.1\r\n"
        b"CSeq: 7 INVITE\r\n"
        b"Contact: <sip:192.0.2.1:5080>\r\n"
        b"Record-Route: <sip:p;lr>\r\n"
        b"Timestamp: 54\r\n"
        b"Content-Type: application/sdp\r\n"
        b"Content-Length: 3\r\n\r\nv=0"
    )


@pytest.mark.parametrize(
    ("status", "routes", "timestamp"), [(100, 0, 1), (180, 1, 0), (200, 1, 0), (486, 0, 0)]
)
def test_what_a_response_copies(status: int, routes: int, timestamp: int) -> None:
    response = response_to(invite(), status, to_tag="t", headers=[("Server", "aywa")])
    assert response.reason == REASON_PHRASES[status]
    assert (len(response.record_routes), len(response.headers.get_all("Timestamp"))) == (routes, timestamp)
    assert response.to.tag == "t"
    assert response.headers.get("Server") == "aywa"
    assert response.cseq == invite().cseq


def test_a_tag_that_is_there_stays() -> None:
    request = parse_datagram(PEERS["kamailio"])
    assert isinstance(request, Request)
    assert response_to(request, 481, to_tag="other").headers.get("To") == "<sip:8123@127.0.0.1>;tag=b7"


def test_reasons_of_any_status() -> None:
    assert reason_phrase(299) == "OK"
    assert response_to(invite(), 499).start_line() == "SIP/2.0 499 Client Error"
    assert response_to(invite(), 200, "").start_line() == "SIP/2.0 200 "


def test_who_follows_whom() -> None:
    with pytest.raises(LocalProtocolError):
        ack_for(invite(), response_to(invite(), 200))
    bye = parse_datagram(PEERS["kamailio"])
    assert isinstance(bye, Request)
    with pytest.raises(LocalProtocolError):
        cancel_for(bye)


@pytest.mark.parametrize("text", ["a\r\nVia: x", "a\nb", "a\rb", "\r\n", "a\r\n\r\nbody"])
def test_no_value_adds_a_line(text: str) -> None:
    headers = Headers()
    for change in (headers.add, headers.set, headers.prepend):
        with pytest.raises(LocalProtocolError):
            change("Subject", text)
        with pytest.raises(LocalProtocolError):
            change(text, "x")
    assert len(headers) == 0
    with pytest.raises(LocalProtocolError):
        response_to(invite(), 200, text).encode()
    with pytest.raises(LocalProtocolError):
        response_to(invite(), 200, headers=[("Reason", text)])
    with pytest.raises(LocalProtocolError):
        Request(text, Uri("sip", None, host="h")).encode()
    with pytest.raises(LocalProtocolError):
        Request("BYE", Uri("sip", text, host="h")).encode()


def test_what_cannot_be_sent() -> None:
    for status in (99, 700):
        with pytest.raises(LocalProtocolError):
            Response(status, "x").encode()
    with pytest.raises(LocalProtocolError):
        response_to(invite(), 200, body=b"x")  # of what type?
    with pytest.raises(LocalProtocolError):
        Response(200, "\ud800").encode()
    with pytest.raises(LocalProtocolError):
        _ = Response(200, "OK").call_id
    with pytest.raises(LocalProtocolError):
        _ = Response(200, "OK").via


def test_headers() -> None:
    headers = Headers([("v", "1"), ("X-A", "a"), ("VIA", "2")])
    assert headers.items() == [("Via", "1"), ("X-A", "a"), ("Via", "2")]
    assert "via" in headers
    assert "Route" not in headers
    headers.set("Via", "3")
    assert headers.items() == [("Via", "3"), ("X-A", "a")]
    headers.prepend("Via", "0")
    other = headers.copy()
    headers.remove("via")
    assert headers.items() == [("X-A", "a")]
    headers.set("To", "new")
    assert headers.get("t") == "new"
    assert other.get_all("Via") == ["0", "3"]
    assert headers != other
    assert Headers([("x-a", "a")]) == Headers([("X-A", "a")])
    assert "a" not in repr(Headers([("Subject", "a")])).replace("Headers", "")


def test_typed_values_follow_changes() -> None:
    request = invite()
    assert request.via.received is None
    request.headers.set("Via", str(request.via.with_source("198.51.100.1", 4)))
    assert request.via.response_address() == ("198.51.100.1", 4)
    request.headers.prepend("Via", "SIP/2.0/UDP proxy")
    assert [via.host for via in request.vias] == ["proxy", "192.0.2.1"]
