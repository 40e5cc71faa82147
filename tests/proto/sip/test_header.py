"""Typed headers: the tables of what is read and what is refused."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.grammar import split_list
from aywa.proto.sip.header import (
    CSeq,
    NameAddr,
    Reason,
    RetryAfter,
    Via,
    parse_content_type,
    parse_cseq,
    parse_name_addr,
    parse_name_addrs,
    parse_reasons,
    parse_retry_after,
    parse_via,
    parse_vias,
)
from aywa.proto.sip.uri import Uri

BOB = Uri("sip", "bob", host="h")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sip:bob@h", NameAddr("", BOB)),
        ("<sip:bob@h>", NameAddr("", BOB)),
        (" <sip:bob@h> ", NameAddr("", BOB)),
        ('"Bob"<sip:bob@h>;tag=1', NameAddr("Bob", BOB, {"tag": "1"})),
        ("Bob  B. <sip:bob@h> ; Tag = 1", NameAddr("Bob  B.", BOB, {"tag": "1"})),
        ('"a \\"b\\" \\\\" <sip:bob@h>', NameAddr('a "b" \\', BOB)),
        ('"" <sip:bob@h>', NameAddr("", BOB)),
        ('"<sip:x@y>, ;" <sip:bob@h>', NameAddr("<sip:x@y>, ;", BOB)),
        ("Jörg (Büro) <sip:bob@h>", NameAddr("Jörg (Büro)", BOB)),
        ("sip:bob@h;tag=1", NameAddr("", BOB, {"tag": "1"})),
        ('<sip:bob@h>;+sip.instance="<urn:x;y>"', NameAddr("", BOB, {"+sip.instance": '"<urn:x;y>"'})),
        ("<sip:bob@h>;a;b=;c=[::1]:5060", NameAddr("", BOB, {"a": None, "b": "", "c": "[::1]:5060"})),
        ("<sip:bob@h;lr>", NameAddr("", Uri("sip", "bob", host="h", parameters={"lr": None}))),
    ],
)
def test_name_addr(text: str, expected: NameAddr) -> None:
    assert parse_name_addr(text) == expected
    assert parse_name_addr(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "<>", "<sip:bob@h", "sip:bob@h>", '"Bob <sip:bob@h>', 'Bob" <sip:bob@h>', "a, b <sip:bob@h>"),
        *(
            "< sip:bob@h>",
            "<sip:bob@h >",
            "<sip:bob@h>;",
            "<sip:bob@h>;;a",
            "<sip:bob@h>;=1",
            "<sip:bob@h> x",
        ),
        *("sip:bob@h, sip:x@h", "<sip:bob@h>,<sip:x@h>", "sip:bob@h?a=b", "<sip:bob@h>;tag=1;tag=2"),
        *('<sip:bob@h>;a="x', "<sip:bob@h>;a=b c", "bob", "<<sip:bob@h>>", "a:b <sip:bob@h>"),
    ],
)
def test_name_addr_refused(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_name_addr(text, "To")
    assert caught.value.where == "To"


def test_tags() -> None:
    address = parse_name_addr("<sip:bob@h>;x=1")
    assert address.tag is None
    assert str(address.with_tag("t")) == "<sip:bob@h>;x=1;tag=t"
    assert address.with_tag("t").without_tag() == address


def test_lists_split_outside_quotes_and_brackets() -> None:
    text = '"a, b" <sip:x@h;p=",">, <sip:y@h?a=b,c> ,sip:z@h'
    assert split_list(text, "Contact") == ['"a, b" <sip:x@h;p=",">', "<sip:y@h?a=b,c>", "sip:z@h"]
    assert len(parse_name_addrs("<sip:x@h>,<sip:y@h>;q=1, sip:z@h")) == 3
    assert split_list("a,,b,", "Allow") == ["a", "", "b", ""]
    for broken in ('a, "b', "a, <b", "a, b>, <"):
        with pytest.raises(ParseError):
            split_list(broken, "Contact")
    with pytest.raises(ParseError):
        parse_name_addrs("<sip:x@h>,")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIP/2.0/UDP h", Via("UDP", "h")),
        ("sip / 2.0 / udp h : 5060 ;branch=z9", Via("UDP", "h", 5060, {"branch": "z9"})),
        ("SIP/2.0/TLS [2001:db8::1]:5061;rport", Via("TLS", "2001:db8::1", 5061, {"rport": None})),
        (
            "SIP/2.0/UDP h;RECEIVED=1.2.3.4;ttl=16;maddr=224.2.0.1",
            Via("UDP", "h", None, {"received": "1.2.3.4", "ttl": "16", "maddr": "224.2.0.1"}),
        ),
    ],
)
def test_via(text: str, expected: Via) -> None:
    assert parse_via(text) == expected
    assert parse_via(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "SIP/2.0/UDP",
            "SIP/2.0 h",
            "SIP/2.0/UDPh",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP h;",
            "SIP/2.0/UDP h:0",
        ),
        *(
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP h;rport=x",
            "SIP/2.0/UDP h;rport=65536",
            "SIP/2.0/UDP h;ttl=256",
        ),
        *(
            "SIP/2.0/UDP h;received=there",
            "SIP/2.0/UDP 1.2.3.999",
            "SIP/2.0/UDP h x",
            "SIP/2.0/UDP h,SIP/2.0/UDP i",
        ),
        "SIP/2.0/UDP h;rport=٣",
    ],
)
def test_via_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse_via(text)


def test_via_notes_where_a_request_came_from() -> None:
    plain = parse_via("SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKa")
    assert plain.with_source("192.0.2.1", 9999) == plain
    assert plain.response_address() == ("192.0.2.1", 5062)
    moved = plain.with_source("198.51.100.1", 9999)
    assert moved.received == "198.51.100.1"
    assert moved.response_address() == ("198.51.100.1", 5062)  # without rport the port is the one it named
    symmetric = parse_via("SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKa;rport").with_source("192.0.2.1", 9999)
    assert (symmetric.received, symmetric.rport) == ("192.0.2.1", 9999)
    assert symmetric.response_address() == ("192.0.2.1", 9999)
    assert parse_via("SIP/2.0/UDP h;maddr=m").with_source("1.2.3.4", 1).response_address() == ("m", 5060)
    assert parse_via("SIP/2.0/UDP h;received=[::1]").received == "::1"
    assert parse_via("SIP/2.0/TLS H").sent_by == ("h", 5061)
    assert len(parse_vias("SIP/2.0/UDP a;x=1, SIP/2.0/TCP b")) == 2


def test_cseq() -> None:
    assert parse_cseq("0009  INVITE") == CSeq(9, "INVITE")
    assert str(CSeq(1, "BYE")) == "1 BYE"
    for broken in (
        "",
        "1",
        "INVITE",
        "1INVITE",
        "-1 INVITE",
        "1 IN VITE",
        "2147483648 INVITE",
        "1 <x>",
        "٣ BYE",
    ):
        with pytest.raises(ParseError):
            parse_cseq(broken)


def test_content_type() -> None:
    parsed = parse_content_type('Application / SDP ;charset="utf-8"')
    assert (parsed.essence, parsed.parameters) == ("application/sdp", {"charset": '"utf-8"'})
    assert str(parsed) == 'application/sdp;charset="utf-8"'
    for broken in ("", "text", "text/", "/x", "text/plain;"):
        with pytest.raises(ParseError):
            parse_content_type(broken)


def test_retry_after() -> None:
    assert parse_retry_after("30 (I'm \\) out) ;duration=60") == RetryAfter(30, {"duration": "60"})
    assert str(RetryAfter(5)) == "5"
    for broken in ("", "x", "-1", "4294967296", "5 (", "5 x"):
        with pytest.raises(ParseError):
            parse_retry_after(broken)


def test_reasons() -> None:
    text = 'Q.850;cause=16;text="Normal, clearing", SIP;cause=200;text=Done, X;cause=abc'
    assert parse_reasons(text) == [
        Reason("Q.850", 16, "Normal, clearing"),
        Reason("SIP", 200, "Done"),
        Reason("X"),
    ]
    assert str(Reason("SIP", 200, 'Call "x"')) == 'SIP;cause=200;text="Call \\"x\\""'
    with pytest.raises(ParseError):
        parse_reasons(";cause=1")


@pytest.mark.parametrize(
    "value",
    [
        NameAddr("a\r\nVia: x", BOB),
        NameAddr("", BOB, {"tag": "1\r\nVia: x"}),
        NameAddr("", BOB, {"tag": "1;x=2"}),
        NameAddr("", BOB, {"tag": "1, <sip:x@h>"}),
        NameAddr("", BOB, {"a b": None}),
        Via("UDP x", "h"),
        Via("UDP", "h;x"),
        Via("UDP", "h", None, {"branch": '"'}),
        Reason("SIP;x"),
        Reason("SIP", 1, "a\nb"),
    ],
)
def test_what_would_read_back_as_something_else_is_not_printed(value: object) -> None:
    with pytest.raises(LocalProtocolError):
        str(value)
