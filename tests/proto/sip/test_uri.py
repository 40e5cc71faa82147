"""URIs: the table of what is read, how, and what is refused."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.uri import Uri, escape_user, parse_uri


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sip:example.com", Uri("sip", None, host="example.com")),
        ("SIP:alice@Example.COM", Uri("sip", "alice", host="Example.COM")),
        ("sip:alice:pw@example.com:5061", Uri("sip", "alice", "pw", "example.com", 5061)),
        ("sip:alice:@h", Uri("sip", "alice", "", "h")),
        ("sip:a@[2001:db8::1]:5060", Uri("sip", "a", None, "2001:db8::1", 5060)),
        ("sip:[::1]", Uri("sip", None, host="::1")),
        ("sips:h;Transport=TLS;lr", Uri("sips", None, host="h", parameters={"transport": "TLS", "lr": None})),
        ("sip:a@h;maddr=[::1];x=", Uri("sip", "a", None, "h", None, {"maddr": "[::1]", "x": ""})),
        ("sip:a@h?Subject=x%20y&p=", Uri("sip", "a", host="h", headers=(("Subject", "x%20y"), ("p", "")))),
        ("sip:*21#@h", Uri("sip", "*21#", host="h")),
        ("sip:user;x=1@h", Uri("sip", "user;x=1", host="h")),
        ("sip:jörg@h", Uri("sip", "jörg", host="h")),
        ("sip:aywa_1:5080", Uri("sip", None, host="aywa_1", port=5080)),
        ("sip:1.2.3", Uri("sip", None, host="1.2.3")),
        ("tel:+49-30-1;phone-context=+49", Uri("tel", "+49-30-1", parameters={"phone-context": "+49"})),
        ("urn:service:sos", Uri("urn", None, opaque="service:sos")),
    ],
)
def test_read(text: str, expected: Uri) -> None:
    assert parse_uri(text) == expected
    assert parse_uri(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "example.com", "sip:", "sip", ":a@b", "1ip:a@b", "sip:@h", "sip:a@", "sip:a b@h", "sip:a@h b"),
        *(
            "sip:a@h:0",
            "sip:a@h:65536",
            "sip:a@h:",
            "sip:a@h:x",
            "sip:a@h:999999999999",
            "sip:a@[::1",
            "sip:a@::1",
        ),
        *("sip:a@[1.2.3.4]", "sip:a@[:::]", "sip:a@1.2.3.256", "sip:a@1.2.3.0001", "sip:a@h;", "sip:a@h;;lr"),
        *("sip:a@h;=x", "sip:a@h;x=1;x=2", "sip:a@h;%=1", "sip:%4@h", "sip:a@h?", "sip:a@h?x", "sip:a@h?=x"),
        *("sip:a@b@c", "sip:<a>@h", 'sip:"a"@h', "sip:a\\@h", "sip:a\x00@h", "sip:a\r\n@h", "sip:a\udcff@h"),
        *("sip:-h", "sip:.h", "tel:", "tel:abcxyz", "tel:+1;", "urn:a b", "http:a<b", " sip:h", "sip:h "),
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri(text)
    assert caught.value.where == "uri"


def test_the_same_parameter_twice_is_one() -> None:
    assert parse_uri("sip:h;lr;lr").parameters == {"lr": None}


def test_properties() -> None:
    uri = parse_uri("sips:%2B49%2030@h;TRANSPORT=Tcp;lr?a=b")
    assert uri.user_text == "+49 30"
    assert uri.transport == "tcp"
    assert uri.loose_routing
    assert uri.effective_port == 5061
    assert uri.without_headers() == parse_uri("sips:%2B49%2030@h;transport=Tcp;lr")
    assert parse_uri("sip:h:7000").effective_port == 7000
    assert not parse_uri("sip:h").loose_routing


def test_escape_user() -> None:
    assert escape_user("+49 30#*ü") == "+49%2030%23*%C3%BC"


@pytest.mark.parametrize(
    "uri",
    [
        Uri("sip", "a b", host="h"),
        Uri("sip", "a", host="h>;tag=1"),
        Uri("sip", "a\r\nVia: x", host="h"),
        Uri("sip", "a", host=""),
        Uri("sip", "a", host="h", parameters={"x": "<"}),
    ],
)
def test_what_would_read_back_as_something_else_is_not_printed(uri: Uri) -> None:
    with pytest.raises(LocalProtocolError):
        str(uri)
