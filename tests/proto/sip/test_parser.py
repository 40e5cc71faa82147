"""Datagrams: framing, limits, start lines and mandatory headers."""

from __future__ import annotations

import pytest

from aywa.errors import ParseError
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import MAX_DATAGRAM, MAX_HEADERS, MAX_LINE, is_keepalive, parse_datagram
from tests.kit.vectors.peers import PEERS

HEADERS = {
    "Via": "SIP/2.0/UDP h;branch=z9hG4bK1",
    "From": "<sip:a@h>;tag=1",
    "To": "<sip:b@h>",
    "Call-ID": "c@h",
    "CSeq": "1 OPTIONS",
}


def datagram(
    start: str = "OPTIONS sip:b@h SIP/2.0", *extra: str, body: bytes = b"", **replaced: str | None
) -> bytes:
    """An OPTIONS with these headers replaced (None: left out; `_` for `-`) and these lines added."""
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in replaced.items()}}
    lines = [start, *(f"{name}: {value}" for name, value in headers.items() if value is not None), *extra]
    return "\r\n".join([*lines, "", ""]).encode() + body


def fault(data: bytes) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse_datagram(data)
    return caught.value


def test_least_request_and_response() -> None:
    request = parse_datagram(datagram())
    assert isinstance(request, Request)
    assert (request.method, str(request.uri)) == ("OPTIONS", "sip:b@h")
    assert (request.body, request.max_forwards, request.contact, request.content_type) == (
        b"",
        None,
        None,
        None,
    )
    response = parse_datagram(datagram("SIP/2.0 200 OK"))
    assert isinstance(response, Response)
    assert (response.status, response.reason, response.success, response.provisional) == (
        200,
        "OK",
        True,
        False,
    )


def test_peers() -> None:
    sbc = parse_datagram(PEERS["sbc"])
    assert [via.host for via in sbc.vias] == ["2001:db8::9", "core.carrier.example"]
    assert (sbc.from_.uri.scheme, sbc.from_.uri.user) == ("tel", "+49891234567")
    assert sbc.to.uri.user == "+4930123456;npdi"
    assert sbc.content_type == "application/sdp"
    assert len(sbc.headers.items_of("P-Asserted-Identity")) == 2
    assert sbc.supported == ["100rel", "timer"]
    kamailio = parse_datagram(PEERS["kamailio"])
    assert [route.uri.transport for route in kamailio.record_routes] == [None, "tcp"]
    assert kamailio.vias[1].response_address() == ("127.0.0.1", 40211)
    assert "MESSAGE" in parse_datagram(PEERS["asterisk"]).allow


@pytest.mark.parametrize("name", HEADERS)
def test_mandatory_headers(name: str) -> None:
    error = fault(datagram(**{name.replace("-", "_"): None}))
    assert (error.where, error.status_hint) == (name, 400)


@pytest.mark.parametrize(
    "name", ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type", "Content-Length"]
)
def test_single_headers_come_once(name: str) -> None:
    value = {"Max-Forwards": "1", "Content-Type": "a/b", "Content-Length": "0", **HEADERS}[name]
    double = [f"{name}: {value}"] * (1 if name in HEADERS else 2)
    assert fault(datagram("OPTIONS sip:b@h SIP/2.0", *double)).where == name


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("OPTIONS sip:b@h SIP/2.1", 505),
        ("OPTIONS sip:b@h SIP/3.0", 505),
        ("SIP/1.0 200 OK", 505),
        ("OPTIONS sip:b@h HTTP/1.1", 400),
        ("OPTIONS sip:b@h", 400),
        ("OPTIONS", 400),
        ("", 400),
        (" OPTIONS sip:b@h SIP/2.0", 400),
        ("OPTIONS\tsip:b@h SIP/2.0", 400),
        ("OPT/IONS sip:b@h SIP/2.0", 400),
        ("OPTIONS http://h SIP/2.0", 416),
        ("OPTIONS sip:b@h:x SIP/2.0", 400),
        ("SIP/2.0 99 Low", 400),
        ("SIP/2.0 700 High", 400),
        ("SIP/2.0 0200 OK", 400),
        ("SIP/2.0 -20 OK", 400),
        ("SIP/2.0 2٣0 OK", 400),
        ("SIP/2.0  200 OK", 400),
    ],
)
def test_start_lines_refused(start: str, status: int) -> None:
    assert fault(datagram(start)).status_hint == status


@pytest.mark.parametrize(
    "start", ["OPTIONS tel:+49301 SIP/2.0", "OPTIONS sips:h sip/2.0", "SIP/2.0 200", "SIP/2.0 299 "]
)
def test_start_lines_taken(start: str) -> None:
    parse_datagram(datagram(start))


@pytest.mark.parametrize(
    "line",
    [
        "NoColon",
        ": empty",
        "Bad Name: x",
        "Bad(Name): x",
        "Contact: <",
        "Route: <sip:h",
        "Record-Route: ",
        "Max-Forwards: 256",
    ],
)
def test_header_lines_refused(line: str) -> None:
    assert fault(datagram("OPTIONS sip:b@h SIP/2.0", line)).status_hint == 400


def test_names_are_canonical() -> None:
    message = parse_datagram(
        datagram("OPTIONS sip:b@h SIP/2.0", "k: a", "SUPPORTED: b", "sUpPoRtEd : c", "x-Own: 1", "X-OWN: 2")
    )
    assert message.headers.get_all("Supported") == ["a", "b", "c"]
    assert message.headers.get_all("x-own") == ["1", "2"]
    assert message.headers.items()[-2:] == [("x-Own", "1"), ("X-OWN", "2")]


def test_content_length() -> None:
    line = "OPTIONS sip:b@h SIP/2.0"
    assert parse_datagram(datagram(line, body=b"all of it")).body == b"all of it"
    assert parse_datagram(datagram(line, "l: 3", body=b"all of it")).body == b"all"
    assert parse_datagram(datagram(line, "l: 0009", body=b"all of it")).body == b"all of it"
    for value in ("10", "-1", "", "x", "1 1", "+1", "9" * 50):
        assert fault(datagram(line, f"l: {value}", body=b"all of it")).where == "Content-Length"


def test_framing() -> None:
    good = datagram()
    assert parse_datagram(b"\r\n\r\n" + good) == parse_datagram(good)
    assert fault(good[:-2]).where == "datagram"
    assert fault(good.replace(b"\r\n", b"\n")).where == "datagram"
    assert fault(good.replace(b"c@h", b"c\r@h")).where == "datagram"
    assert fault(good.replace(b"c@h", b"c\n@h")).where == "datagram"
    assert fault(good.replace(b"c@h", b"c\x00@h")).where == "datagram"
    assert fault(good.replace(b"c@h", b"c h")).where == "Call-ID"
    assert fault(good.replace(b"Via", b" Via")).status_hint == 400  # folding behind the start line
    assert parse_datagram(good.replace(b"c@h", b"\r\n\t c@h\r\n  ")).call_id == "c@h"


def test_limits() -> None:
    line = "OPTIONS sip:b@h SIP/2.0"
    assert fault(b"x" * (MAX_DATAGRAM + 1)).status_hint == 513
    parse_datagram(datagram(line, *["X: 1"] * (MAX_HEADERS - 5)))
    assert fault(datagram(line, *["X: 1"] * (MAX_HEADERS - 4))).status_hint == 513
    parse_datagram(datagram(line, "X: " + "1" * (MAX_LINE - 3)))
    assert fault(datagram(line, "X: " + "1" * (MAX_LINE - 2))).status_hint == 513
    assert fault(datagram(line, "X: 1" + "\r\n 1" * MAX_LINE)).status_hint == 513


@pytest.mark.parametrize(
    "value",
    [
        "<" * 8000,
        '"' * 8000,
        '"\\' * 4000,
        ";a=" * 2600,
        "a " * 4000,
        " " * 8000 + "x",
        "<sip:a@h>" + " " * 8000 + "x",
        "<sip:a@h>;" + "a" * 7000 + " " * 900 + "(",
        "sip:" + "a:" * 3000,
        "sip:" + "a;" * 3000 + "@",
        "," * 8000,
        "%" * 8000,
    ],
)
def test_no_value_takes_long(value: str) -> None:
    """Patterns that backtrack would hang here for minutes; the assertion is that the test ends."""
    for name in ("Via", "From", "Contact", "CSeq", "Content-Type"):
        lines = "\r\n".join(f"{key}: {text}" for key, text in HEADERS.items() if key != name)
        with pytest.raises(ParseError):
            parse_datagram(f"OPTIONS sip:b@h SIP/2.0\r\n{name}: {value}\r\n{lines}\r\n\r\n".encode())


def test_keepalives() -> None:
    assert all(is_keepalive(data) for data in (b"", b"\r\n", b"\r\n\r\n", b"\x00", b"\x00\x00\x00\x00"))
    assert not is_keepalive(datagram())


def test_contact_star() -> None:
    message = parse_datagram(datagram("OPTIONS sip:b@h SIP/2.0", "Contact: *"))
    assert (message.contact, message.contacts) == (None, [])
