"""The torture test messages (RFC 4475): what is valid parses to the expected values, the rest is refused."""

from __future__ import annotations

import pytest

from aywa.errors import ParseError
from aywa.proto.sdp.parse import parse_sdp
from aywa.proto.sip.build import response_to
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.refuse import refusal_for
from tests.kit.vectors.rfc4475 import INVALID, MPART01_BODY, PARSED, SEMANTIC, VALID


def request(name: str) -> Request:
    message = parse_datagram(PARSED[name])
    assert isinstance(message, Request)
    return message


def response(name: str) -> Response:
    message = parse_datagram(PARSED[name])
    assert isinstance(message, Response)
    return message


def test_all_49_messages_are_here() -> None:
    assert len(PARSED) + len(INVALID) == 49
    assert len(VALID) == 13
    assert len(SEMANTIC) == 11


@pytest.mark.parametrize("name", PARSED)
def test_parsed_messages_survive_printing(name: str) -> None:
    message = parse_datagram(PARSED[name])
    assert parse_datagram(message.encode()) == _with_length(message)


def _with_length(message: Request | Response) -> Request | Response:
    """What printing adds: a Content-Length, at the end."""
    message.headers.remove("Content-Length")
    message.headers.add("Content-Length", str(len(message.body)))
    return message


REASONS = {
    **dict.fromkeys(("lwsruri", "lwsstart", "trws", "badvers", "bigcode"), "start line"),
    **dict.fromkeys(("ltgtruri", "escruri", "unkscm", "novelsc"), "Request-URI"),
    **dict.fromkeys(("clerr", "ncl", "mcl01"), "Content-Length"),
    **dict.fromkeys(("scalar02", "scalarlg", "mismatch01", "mismatch02", "multi01"), "CSeq"),
    **dict.fromkeys(("quotbal", "badaspec"), "To"),
    **dict.fromkeys(("baddn", "insuf"), "From"),
    **dict.fromkeys(("badinv01", "badbranch"), "Via"),
    "baddate": "Date",
    "regbadct": "Contact",
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_messages_are_refused_with_their_status(name: str) -> None:
    data, status = INVALID[name]
    with pytest.raises(ParseError) as caught:
        parse_datagram(data)
    assert caught.value.status_hint == status
    assert caught.value.where == REASONS[name]  # refused for what the RFC says is wrong with it


@pytest.mark.parametrize("name", INVALID)
def test_refusals_answer_requests_and_never_responses(name: str) -> None:
    data, status = INVALID[name]
    try:
        parse_datagram(data)
    except ParseError as error:
        refusal = refusal_for(data, error, to_tag="ours")
    if name in ("scalarlg", "bigcode"):
        assert refusal is None  # responses
        return
    assert refusal is not None
    assert refusal.status == status
    assert f"SIP/2.0 {status} ".encode() in refusal.encode()
    assert refusal.via.host
    if name in ("clerr", "ncl", "badvers", "mismatch01"):
        assert refusal.to.tag == "ours"


@pytest.mark.parametrize("name", [name for name in PARSED if not PARSED[name].startswith(b"SIP/")])
def test_parsed_requests_can_be_answered(name: str) -> None:
    answer = response_to(request(name), 404, to_tag="local")
    parsed = parse_datagram(answer.encode())
    assert parsed.call_id == request(name).call_id
    assert parsed.headers.get("From") == request(name).headers.get("From")


def test_wsinv() -> None:
    message = request("wsinv")
    assert message.uri.user == "vivekg"
    assert message.uri.host == "chair-dnrc.example.com"
    assert message.uri.parameters == {"unknownparam": None}
    assert message.to.tag == "1918181833n"
    assert message.from_.display == 'J Rosenberg \\"'
    assert message.from_.tag == "98asjd8"
    assert message.max_forwards == 68
    assert (message.cseq.number, message.cseq.method) == (9, "INVITE")
    assert [(via.transport, via.host, via.branch) for via in message.vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    assert message.headers.get("Subject") == ""
    assert message.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    assert message.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    assert message.routes[0].uri.loose_routing
    assert message.routes[0].uri.parameters["unknown-no-value"] is None
    assert message.contact is not None
    assert message.contact.display == 'Quoted string ""'
    assert message.contact.parameters == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert [medium.kind for medium in parse_sdp(message.body).media] == ["audio", "video"]


def test_intmeth() -> None:
    message = request("intmeth")
    assert message.method == message.cseq.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert message.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert message.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.via.branch == "z9hG4bK-.!%66*_+`'~"
    assert message.to.display == "BEL:\ufffd NUL:\ufffd DEL:\ufffd"  # made fit to show
    assert b'"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f"' in message.encode()  # and still there
    assert message.from_.display == "token1~` token2'+_ token3*%!.-"
    assert message.from_.tag == "_token~1'+`*%!-."
    assert message.from_.parameters["fromparam''~+*_!.-%"] == '"работающий"'
    assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert message.headers.get("EXTENSIONHEADER-!.%*+_`'~") == "\ufeff大停電"


def test_esc01() -> None:
    message = request("esc01")
    assert message.uri.user_text == "sips:user@example.com"
    assert message.uri.host == "example.net"
    assert message.to.uri.user_text == "user"
    assert message.from_.uri.user_text == "I have spaces"
    assert message.contact is not None
    assert message.contact.uri.loose_routing
    assert message.contact.uri.parameter("name") == "value%41"


def test_escnull() -> None:
    message = request("escnull")
    assert message.to.uri.user == "null-%00-null"
    assert message.to.uri.user_text == "null-\ufffd-null"
    assert [contact.uri.user for contact in message.contacts] == ["%00", "%00%00"]


def test_esc02() -> None:
    message = request("esc02")
    assert message.method == "RE%47IST%45R"
    assert message.to.display == "%Z%45"
    assert [contact.uri.user for contact in message.contacts] == ["alias1", "alias3"]


def test_lwsdisp() -> None:
    assert request("lwsdisp").from_.display == "caller"


def test_longreq() -> None:
    message = request("longreq")
    assert len(message.vias) == 34
    assert message.vias[33].received == "192.0.2.5"
    assert message.to.uri.port == 6000
    assert len(message.to.uri.parameters) == 3
    assert message.from_.tag == "12" + "982" * 50 + "424"


def test_dblreq() -> None:
    message = request("dblreq")
    assert message.method == "REGISTER"
    assert message.body == b""


def test_semiuri() -> None:
    message = request("semiuri")
    assert message.uri.user_text == "user;par=u@example.net"
    assert message.uri.host == "example.com"
    assert len(message.headers.items_of("Accept")) == 6


def test_transports() -> None:
    assert [via.transport for via in request("transports").vias] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_mpart01() -> None:
    message = request("mpart01")
    assert message.content_type == "multipart/mixed"
    assert message.body == MPART01_BODY


def test_unusual_reasons() -> None:
    assert response("unreason").reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert (response("noreason").status, response("noreason").reason) == (100, "")


def test_application_level_messages() -> None:
    assert request("unksm2").to.uri.scheme == "isbn"
    assert request("unksm2").from_.uri.opaque == "//www.example.com"
    assert request("bext01").require == ["nothingsupportsthis", "nothingsupportsthiseither"]
    assert request("invut").content_type == "application/unknownformat"
    assert request("regaut01").headers.get("Authorization") == "NoOneKnowsThisScheme opaque-data=here"
    assert [via.host for via in response("bcast").vias] == ["192.0.2.198", "255.255.255.255"]
    assert request("zeromf").max_forwards == 0
    assert request("sdp01").headers.items_of("Accept") == ["text/nobodyKnowsThis"]


def test_where_a_contact_parameter_belongs() -> None:
    bare, bracketed = request("cparam01").contact, request("cparam02").contact
    assert bare is not None
    assert bracketed is not None
    assert (bare.parameters, bare.uri.parameters) == ({"unknownparam": None}, {})
    assert (bracketed.parameters, bracketed.uri.parameters) == ({}, {"unknownparam": None})
    escaped = request("regescrt").contact
    assert escaped is not None
    assert escaped.uri.headers == (("Route", "%3Csip:sip.example.com%3E"),)


def test_inv2543() -> None:
    message = request("inv2543")
    assert message.via.branch is None
    assert message.from_.tag is None
    assert message.to.parameters == {"user": "phone"}
    assert message.max_forwards is None
    assert message.contact is None
    assert message.body.startswith(b"v=0")
