"""What an INVITE says of its caller, and what a caller of ours may add to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sip.call_facts import MAX_CUSTOM, MAX_ENTRIES, MAX_VALUE, facts_of
from aywa.proto.sip.custom_headers import RESERVED, CustomHeaderError, check_custom_headers
from aywa.proto.sip.header import NameAddr
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import OFFER, request

NAMES = ("P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info", "Privacy", "X-Note", "Reason")


def told(*headers: tuple[str, str]) -> NameAddr:
    return facts_of(request(headers=headers)).caller


def test_network_is_believed_before_the_caller() -> None:
    assert told().uri == parse_uri("sip:alice@192.0.2.1")
    party = ("Remote-Party-ID", '"Bob" <sip:200@pbx>;party=calling;screen=yes')
    assert told(party).uri == parse_uri("sip:200@pbx")
    assert told(party, ("P-Asserted-Identity", '"A" <sip:100@pbx>, <tel:+49301234>')).uri == parse_uri(
        "sip:100@pbx"
    )
    assert told(("Remote-Party-ID", "<sip:200@pbx>;party=called")).uri == parse_uri("sip:alice@192.0.2.1")


@pytest.mark.parametrize(
    ("headers", "from_", "hidden"),
    [
        ((), "<sip:alice@pbx>", False),
        ((), '"Anonymous" <sip:anonymous@anonymous.invalid>', True),
        ((), "<sip:anonymous@pbx>", True),
        ((("Privacy", "id"),), "<sip:alice@pbx>", True),
        ((("Privacy", "user;critical"),), "<sip:alice@pbx>", True),
        ((("Privacy", "none"),), "<sip:alice@pbx>", False),
        ((("Remote-Party-ID", "<sip:200@pbx>;privacy=full"),), "<sip:alice@pbx>", True),
        ((("Remote-Party-ID", "<sip:200@pbx>;privacy=off"),), "<sip:alice@pbx>", False),
    ],
)
def test_anonymous_caller_is_known_as_one(
    headers: tuple[tuple[str, str], ...], from_: str, hidden: bool
) -> None:
    message = request(headers=headers)
    message.headers.set("From", from_ + ";tag=x")
    assert facts_of(message).anonymous is hidden


def test_way_of_the_call() -> None:
    facts = facts_of(
        request(
            headers=(
                ("Diversion", '<sip:2@pbx>;reason=no-answer, <sip:1@pbx>;reason="user-busy";counter=1'),
                ("History-Info", "<sip:1@pbx>;index=1, <sip:2@pbx;cause=302>;index=1.1"),
                ("History-Info", "<sip:3@pbx?Reason=SIP%3Bcause%3D486>;index=1.2"),
            )
        )
    )
    assert [(step.address.uri.user, step.reason) for step in facts.diversions] == [
        ("2", "no-answer"),
        ("1", "user-busy"),
    ]
    assert [(step.index, step.cause) for step in facts.history] == [("1", None), ("1.1", 302), ("1.2", 486)]


def test_header_that_cannot_be_read_is_left_out() -> None:
    facts = facts_of(
        request(headers=(("Diversion", "<<<"), ("Diversion", "<sip:1@pbx>"), ("Privacy", ";;,")))
    )
    assert [step.address.uri.user for step in facts.diversions] == ["1"]


def test_custom_headers_are_bounded() -> None:
    many = tuple((f"X-H{number}", "v") for number in range(MAX_CUSTOM + 9))
    assert len(facts_of(request(headers=many)).custom) == MAX_CUSTOM
    facts = facts_of(
        request(headers=(("X-Long", "a" * 5000), ("x-case", "1"), ("X-Case", "2"), ("X-" + "n" * 90, "v")))
    )
    assert facts.custom == {"X-Long": "a" * MAX_VALUE, "x-case": "1"}
    flood = tuple((f"X-{number}", "b" * 500) for number in range(30))
    assert sum(len(k) + len(v) for k, v in facts_of(request(headers=flood)).custom.items()) <= 4096
    loop = tuple(("Diversion", "<sip:1@pbx>") for _ in range(99))
    assert len(facts_of(request(headers=loop)).diversions) == MAX_ENTRIES


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=60)), max_size=6))
def test_facts_of_anything_are_facts(headers: list[tuple[str, str]]) -> None:
    fit = tuple((name, value) for name, value in headers if "\r" not in value and "\n" not in value)
    facts = facts_of(request(headers=fit))
    assert facts.caller is not None
    assert facts.anonymous in (True, False)
    assert all(text.isprintable() for text in facts.custom.values())


@given(st.binary(max_size=80), st.sampled_from(NAMES))
def test_facts_of_any_bytes(value: bytes, name: str) -> None:
    line = name.encode() + b": " + value.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    try:
        message = parse_datagram(request(body=OFFER).encode().replace(b"Via:", line + b"Via:", 1))
    except ParseError:
        return  # refused before anybody asks for its facts
    assert isinstance(message, Request)
    facts = facts_of(message)
    assert len(facts.custom) <= 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("X-Note", "a\r\nVia: SIP/2.0/UDP evil", "line break"),
        ("X-Note", "a\nb", "line break"),
        ("X-Note", "a\rb", "line break"),
        ("X-Note", "a\0b", "control"),
        ("X-Note\r\nVia", "x", "not a token"),
        ("X Note", "x", "not a token"),
        ("", "x", "not a token"),
        ("X-" + "a" * 63, "x", "not a token of at most 64"),
        ("X-Note", "a" * 1025, "longer than 1024"),
        ("X-Note", "\ud800", "not text"),
        ("via", "x", "Via is a header that the runtime itself makes"),
        ("i", "x", "Call-ID is a header"),
        ("l", "0", "Content-Length is a header"),
        ("ROUTE", "<sip:evil>", "Route is a header"),
        ("Authorization", "x", "Authorization is a header"),
    ],
)
def test_header_that_may_not_be_sent(name: str, value: str, said: str) -> None:
    with pytest.raises(CustomHeaderError, match=said) as refused:
        check_custom_headers([("X-Fine", "1"), (name, value)])
    assert refused.value.http_status == 400


def test_too_many_or_too_long_together() -> None:
    with pytest.raises(CustomHeaderError, match="More than 32"):
        check_custom_headers([("X-A", "1")] * 33)
    with pytest.raises(CustomHeaderError, match="together"):
        check_custom_headers([("X-A", "1" * 900)] * 5)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=40)), max_size=4))
def test_headers_let_through_leave_as_they_are(headers: list[tuple[str, str]]) -> None:
    try:
        checked = check_custom_headers(headers)
    except CustomHeaderError:
        return
    read = parse_datagram(request(body=OFFER, headers=checked).encode())
    plain = parse_datagram(request(body=OFFER).encode())
    added = [row for row in read.headers.items() if row not in plain.headers.items()]
    assert read.body == OFFER
    assert len(read.headers) == len(plain.headers) + len(checked)
    assert len(added) <= len(checked)
    assert not any(name.lower() in RESERVED for name, _ in checked)
