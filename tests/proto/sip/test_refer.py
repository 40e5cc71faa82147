"""Refer-To, Replaces, sipfrag, Event and Subscription-State, read and written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sip.refer import (
    ReferTo,
    Replaces,
    SubscriptionState,
    parse_event,
    parse_refer_to,
    parse_replaces,
    parse_sipfrag,
    parse_subscription_state,
    sipfrag,
)
from aywa.proto.sip.uri import parse_uri


def test_the_example_of_rfc_3891() -> None:
    text = "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff"
    assert parse_replaces(text) == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r")
    assert parse_replaces("a@b ; TO-TAG=1 ; from-tag=2 ; early-only").early_only


def test_the_example_of_rfc_3515() -> None:
    named = "12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994"
    found = parse_refer_to(f"<sips:dave@denver.example.org?Replaces={named}>")
    assert str(found.uri) == "sips:dave@denver.example.org"
    assert found.replaces == Replaces("12345@192.168.118.3", "12345", "5FFE-3994")


def test_what_is_written_reads_back() -> None:
    target = ReferTo(parse_uri("sip:bob@192.0.2.2:5070;transport=tcp"), Replaces("a=&?@h", "t.1", "f~2"))
    assert parse_refer_to(str(target)) == target
    assert str(ReferTo(parse_uri("tel:+49301234"))) == "<tel:+49301234>"


@pytest.mark.parametrize(
    "text",
    [
        "<sip:bob@h;method=SUBSCRIBE>",
        "<sip:bob@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "<sip:bob@h?Replaces=nothing>",
        "nobody",
    ],
)
def test_a_refer_to_that_asks_for_no_call(text: str) -> None:
    with pytest.raises(ParseError):
        parse_refer_to(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a;to-tag=1", "a;to-tag=;from-tag=2", "a b;to-tag=1;from-tag=2", "a;;;"]
)
def test_replaces_that_names_no_dialog(text: str) -> None:
    with pytest.raises(ParseError):
        parse_replaces(text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"SIP/2.0 200 OK\r\n", 200),
        (b"SIP/2.0 100 Trying", 100),
        (b"\r\nSIP/2.0 603 Declined\r\nTo: x\r\n\r\nrest", 603),
        (b"SIP/2.0 486", 486),
    ],
)
def test_fragments(body: bytes, status: int) -> None:
    assert parse_sipfrag(body) == status


@pytest.mark.parametrize(
    "body", [b"", b"SIP/2.0 20 OK", b"SIP/2.0 2000 OK", b"HTTP/1.1 200 OK", bytes(70_000)]
)
def test_what_is_no_fragment(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_sipfrag(body)


def test_a_fragment_of_ours() -> None:
    assert parse_sipfrag(sipfrag(486, "Busy Here")) == 486


def test_subscriptions() -> None:
    assert parse_subscription_state("active;expires=60") == SubscriptionState("active")
    ended = parse_subscription_state("Terminated ; reason=NoResource")
    assert ended == SubscriptionState("terminated", "noresource")
    assert ended.over
    assert parse_event("refer;id=93809824") == ("refer", "93809824")
    assert parse_event("Refer") == ("refer", "")


@given(st.text(max_size=200) | st.text(alphabet="a<>:@;=?&%3Bto-tagfrmReplcs ", max_size=80))
@pytest.mark.parametrize("read", [parse_refer_to, parse_replaces, parse_subscription_state, parse_event])
def test_nothing_else_comes_out(read: Callable[[str], object], text: str) -> None:
    with suppress(ParseError):
        read(text)


@given(st.binary(max_size=200))
def test_nothing_else_comes_out_of_a_body(body: bytes) -> None:
    with suppress(ParseError):
        assert 100 <= parse_sipfrag(body) <= 699
