"""Key presses in INFO: both media types, each press once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sip.info_dtmf import PLAIN, RELAY, TYPES, InfoKey, parse_info_dtmf
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import KeyPressed
from tests.kit.sip_messages import ALICE
from tests.kit.sip_pair import SipPair
from tests.kit.sip_scripts import reinvite_pair


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        (RELAY, b"Signal=5\r\nDuration=250\r\n", InfoKey("5", 250)),
        (RELAY, b"Signal= *\nDuration= 100\n", InfoKey("*", 100)),
        (RELAY, b"Signal=#", InfoKey("#")),
        (RELAY, b"Signal=11\r\nDuration=0", InfoKey("#", 1)),
        (RELAY, b"signal=d\r\nduration=99999", InfoKey("D", 10_000)),
        (PLAIN, b"7", InfoKey("7")),
        (PLAIN, b" 10\r\n", InfoKey("*")),
        (PLAIN, b"Signal=3\r\nDuration=80", InfoKey("3", 80)),
    ],
)
def test_presses_that_are_read(kind: str, body: bytes, key: InfoKey) -> None:
    assert parse_info_dtmf(kind, body) == key


@pytest.mark.parametrize(
    "body",
    [b"", b"Signal=", b"Signal=16", b"Signal=55", b"Duration=5", b"Signal=5\r\nDuration=D", b"x" * 300],
)
def test_presses_that_are_not(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_info_dtmf(RELAY, body)


@given(st.sampled_from(TYPES), st.binary(max_size=60))
def test_only_parse_errors_come_out(kind: str, body: bytes) -> None:
    try:
        pressed = parse_info_dtmf(kind, body)
    except ParseError:
        return
    assert pressed.key in "0123456789*#ABCD"
    assert 1 <= pressed.duration_ms <= 10_000


def info(pair: SipPair, *, kind: str | None = RELAY, body: bytes = b"Signal=5\r\nDuration=160") -> Request:
    alice = pair.alice.core.sessions[0]
    assert alice.dialog is not None
    message = alice.dialog.request("INFO", pair.alice.core.identity.via())
    message.body = body
    if kind is not None:
        message.headers.set("Content-Type", kind)
    return message


def answer_to(pair: SipPair, message: Request) -> Response:
    pair.bob.core.receive(message, ALICE, pair.now)
    pair.bob.drain(pair.now)
    answer = pair.bob.sent[-1]
    assert isinstance(answer, Response)
    return answer


def test_each_press_is_said_once_however_often_it_arrives() -> None:
    pair = reinvite_pair()
    bob = pair.bob.calls[0]
    message = info(pair)
    for _ in range(4):
        assert answer_to(pair, message).status == 200
    answer_to(pair, info(pair))
    pressed = [event for event in pair.bob.events(bob) if isinstance(event, KeyPressed)]
    assert pressed == [KeyPressed("5", 160)] * 2


def test_what_is_no_press_gets_its_status() -> None:
    pair = reinvite_pair()
    assert answer_to(pair, info(pair, kind=None, body=b"")).status == 200
    assert answer_to(pair, info(pair, body=b"Signal=x")).status == 400
    refusal = answer_to(pair, info(pair, kind="application/media_control+xml", body=b"<x/>"))
    assert (refusal.status, refusal.headers.get("Accept")) == (415, ", ".join(TYPES))
    package = info(pair)
    package.headers.add("Info-Package", "dtmf")
    assert answer_to(pair, package).status == 469
    assert not [event for event in pair.bob.events(pair.bob.calls[0]) if isinstance(event, KeyPressed)]
