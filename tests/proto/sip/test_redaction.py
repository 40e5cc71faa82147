"""What a capture must not keep of SIP, in every spelling of it, and that nothing moves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.redaction import redacted

KEY = b"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
INVITE = (
    b"INVITE sip:+4930123456;phone-context=x@192.0.2.2:5060;user=phone SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
    b'From: "Alice, \\"Ally\\" Liddell" <sip:+15550100@192.0.2.1>;tag=a\r\n'
    b"To: Bob Roe <tel:+4930123456>\r\n"
    b"Call-ID: 1@192.0.2.1\r\n"
    b"CSeq: 2 INVITE\r\n"
    b'Authorization: Digest username="alice", realm="pbx", nonce="n1",\r\n'
    b'  response="d41d8cd98f00b204e9800998ecf8427e"\r\n'
    b'proxy-AUTHORIZATION : Digest response="0123456789abcdef0123456789abcdef"\r\n'
    b"P-Asserted-Identity: <sip:+15550100@192.0.2.1>\r\n"
    b"X-Account: customer 5550199\r\n"
    b"m: sip:+15550100@192.0.2.1:5060\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
SDP = (
    b"v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=Alice calls\r\np=+15550100\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + KEY + b"|2^20|1:4\r\n"
    b"A=CRYPTO:2 AES_CM_128_HMAC_SHA1_32 INLINE:" + KEY + b"\r\na=rtpmap:0 PCMU/8000\r\n"
)
WHOLE = INVITE % (len(SDP), SDP)
CREDENTIALS = (b"d41d8cd98f00", b"0123456789abcdef", KEY)
PERSONS = (b"5550100", b"4930123456", b"Alice", b"Ally", b"Liddell", b"Bob", b"Roe", b"alice", b"5550199")


@pytest.mark.parametrize("numbers", [False, True])
def test_credentials_and_keys_are_gone_in_every_mode(numbers: bool) -> None:
    made = redacted(WHOLE, numbers=numbers)
    assert len(made) == len(WHOLE)
    for secret in CREDENTIALS:
        assert secret not in made
    assert b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxx" in made
    for person in PERSONS:
        assert (person in made) is not numbers, person


def test_what_is_left_is_still_the_message() -> None:
    made = parse_datagram(redacted(WHOLE, numbers=True))
    assert (made.call_id, made.cseq.number, made.via.host) == ("1@192.0.2.1", 2, "192.0.2.1")
    assert (made.from_.uri.host, made.from_.tag) == ("192.0.2.1", "a")
    assert b"m=audio 4000 RTP/SAVP 0\r\n" in made.body
    assert b"o=xxxxx 1 1 IN IP4 192.0.2.1\r\n" in made.body
    untouched = redacted(WHOLE, numbers=False)
    assert untouched[: untouched.index(b"Authorization")] == WHOLE[: WHOLE.index(b"Authorization")]


@pytest.mark.parametrize("ending", [b"\n", b"\r"])
@pytest.mark.parametrize("before", [b"", b"\r\n\r\n"])
def test_lines_that_end_by_halves_hide_nothing(ending: bytes, before: bytes) -> None:
    made = redacted(before + WHOLE.replace(b"\r\n", ending), numbers=True)
    for secret in CREDENTIALS + PERSONS:
        assert secret not in made


def test_a_pressed_key_in_info_is_kept_by_full_only() -> None:
    info = (
        b"INFO sip:1@192.0.2.2 SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n"
        b"Content-Length: 22\r\n\r\nSignal=5\r\nDuration=160"
    )
    assert redacted(info, numbers=False) == info
    assert b"Signal=5" not in redacted(info, numbers=True)


def test_a_response_keeps_its_first_line() -> None:
    ok = b'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="pbx", nonce="n"\r\n\r\n'
    assert redacted(ok, numbers=True) == ok


@given(
    secret=st.from_regex(rb"[A-Za-z0-9+/]{24,40}", fullmatch=True),
    name=st.sampled_from([b"Authorization", b"AUTHORIZATION", b"Proxy-Authorization", b"authorization "]),
    fold=st.sampled_from([b"", b"\r\n ", b"\r\n\t", b"\n "]),
    around=st.lists(
        st.sampled_from([b"Via: a", b"X: b", b"no colon", b"", b": c", b"To: <sip:q@h>"]), max_size=4
    ),
    numbers=st.booleans(),
)
def test_no_folding_and_no_neighbour_lets_an_answer_through(
    secret: bytes, name: bytes, fold: bytes, around: list[bytes], numbers: bool
) -> None:
    lines = [line for line in around if line]
    message = b"\r\n".join(
        [b"BYE sip:h SIP/2.0", *lines, name + b":" + fold + b" Digest r=" + secret, *lines]
    )
    made = redacted(message + b"\r\n\r\n", numbers=numbers)
    assert secret not in made
    assert len(made) == len(message) + 4


@given(st.binary(max_size=400), st.booleans())
def test_whatever_comes_keeps_its_length_and_its_line_ends(data: bytes, numbers: bool) -> None:
    made = redacted(data, numbers=numbers)
    assert len(made) == len(data)
    assert [at.start() for at in re.finditer(rb"[\r\n]", made)] == [
        at.start() for at in re.finditer(rb"[\r\n]", data)
    ]
