"""Digest arithmetic against the examples of the RFCs, and its grammar against anything."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.digest import (
    Algorithm,
    Authorization,
    Challenge,
    Credentials,
    parse_authorization,
    parse_challenge,
    parse_next_nonce,
    response_for,
)
from tests.kit.mutate import mutated

# RFC 7616 §3.9.1
MUFASA = Credentials("Mufasa", "Circle of Life")
ANSWER = Authorization(
    "Mufasa",
    "http-auth@example.org",
    "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "/dir/index.html",
    "",
    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    qop="auth",
    nc=1,
)
RFC_7616 = {
    Algorithm.MD5: "8ca523f5e9506fed4657c9700eebdbec",
    Algorithm.SHA_256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


@pytest.mark.parametrize("algorithm", RFC_7616, ids=str)
def test_the_examples_of_rfc_7616(algorithm: Algorithm) -> None:
    key = MUFASA.key_for(algorithm, ANSWER.realm)
    assert key is not None
    answer = replace(ANSWER, algorithm=algorithm)
    assert response_for(key, "GET", answer) == RFC_7616[algorithm]
    stored = Credentials("Mufasa", ha1=(key.upper(),), realm=ANSWER.realm)
    assert response_for(stored.key_for(algorithm, ANSWER.realm) or "", "GET", answer) == RFC_7616[algorithm]


def test_the_example_of_rfc_2617() -> None:
    answer = Authorization(
        "Mufasa",
        "testrealm@host.com",
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "/dir/index.html",
        "",
        cnonce="0a4f113b",
        qop="auth",
        nc=1,
    )
    key = Credentials("Mufasa", "Circle Of Life").key_for(Algorithm.MD5, answer.realm)
    assert response_for(key or "", "GET", answer) == "6629fae49393a05397450978507c4ef1"


# The examples of draft-smith-sipping-auth-examples-01 for SIP: user bob, password zanzibar, realm biloxi.com.
SIP_EXAMPLES = {
    "MD5, no qop": (Algorithm.MD5, "", "bf57e4e0d0bffc0fbaedce64d59add5e", b""),
    "MD5, auth": (Algorithm.MD5, "auth", "89eb0059246c02b2f6ee02c7961d5ea3", b""),
    "MD5-sess, auth": (Algorithm.MD5_SESS, "auth", "e4e4ea61d186d07a92c9e1f6919902e9", b""),
    "MD5, auth-int": (
        Algorithm.MD5,
        "auth-int",
        "bdbeebb2da6adb6bca02599c2239e192",
        b"v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=-\r\nc=IN IP4 media.biloxi.com\r\n"
        b"t=0 0\r\nm=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\n"
        b"a=rtpmap:31 H261/90000\r\nm=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n",
    ),
}


@pytest.mark.parametrize(("algorithm", "qop", "expected", "body"), SIP_EXAMPLES.values(), ids=SIP_EXAMPLES)
def test_the_examples_for_sip(algorithm: Algorithm, qop: str, expected: str, body: bytes) -> None:
    answer = Authorization(
        "bob",
        "biloxi.com",
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "sip:bob@biloxi.com",
        "",
        algorithm,
        "0a4f113b" if qop else "",
        qop,
        1 if qop else 0,
    )
    key = Credentials("bob", "zanzibar").key_for(algorithm, "biloxi.com")
    assert response_for(key or "", "INVITE", answer, body) == expected


def test_a_secret_shows_nowhere() -> None:
    shown = repr(Credentials("bob", "zanzibar", ("0" * 32,)))
    assert "zanzibar" not in shown
    assert "000" not in shown


def test_a_sum_serves_its_own_algorithm_and_realm_only() -> None:
    stored = Credentials("bob", ha1=("0" * 32,), realm="pbx")
    assert stored.key_for(Algorithm.MD5, "pbx") == "0" * 32
    assert stored.key_for(Algorithm.MD5_SESS, "pbx") == "0" * 32
    assert stored.key_for(Algorithm.SHA_256, "pbx") is None
    assert stored.key_for(Algorithm.MD5, "other") is None


def test_a_challenge_of_a_pbx() -> None:
    text = 'Digest  realm="asterisk",nonce="1763647/a=", opaque="5d" ,algorithm=md5'
    text += ',qop="auth,auth-int",stale=TRUE'
    assert parse_challenge(text) == Challenge(
        "asterisk", "1763647/a=", Algorithm.MD5, ("auth", "auth-int"), True, "5d"
    )


def test_other_schemes_and_algorithms_are_passed_over() -> None:
    assert parse_challenge('Basic realm="x"') is None
    assert parse_authorization("Bearer a=b") is None
    unknown = parse_challenge('Digest realm="x", nonce="n", algorithm=SHA-512-256')
    assert unknown is not None
    assert unknown.algorithm is None


BROKEN = [
    "Digest",
    "Digest ",
    'Digest realm="x"',
    'Digest nonce="x"',
    'Digest realm="x, nonce="n"',
    'Digest realm="x", realm="y", nonce="n"',
    'Digest realm="x" nonce="n"',
    'Digest realm="x", nonce=',
    'Digest realm="x", nonce="n"; qop=auth',
    'Digest realm="' + "x" * 5000 + '", nonce="n"',
]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_challenges(text: str) -> None:
    with pytest.raises(ParseError):
        parse_challenge(text)


GOOD = str(replace(ANSWER, response="0" * 32))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000g"),
        (", nc=00000001", ""),
        ('response="' + "0" * 32 + '"', 'response="zz"'),
        ('username="Mufasa", ', ""),
        ('uri="/dir/index.html"', 'uri="/dir", uri="/x"'),
    ],
)
def test_broken_answers(old: str, new: str) -> None:
    assert parse_authorization(GOOD) is not None
    assert old in GOOD
    with pytest.raises(ParseError):
        parse_authorization(GOOD.replace(old, new))


def test_the_next_nonce() -> None:
    assert parse_next_nonce('nextnonce="abc", qop=auth, rspauth="00"') == "abc"
    assert parse_next_nonce('rspauth="00"') is None


PLAIN = st.text(
    st.characters(min_codepoint=32, exclude_characters='"\\\x7f', exclude_categories=("Cs", "Cc"))
)


@given(PLAIN, PLAIN, st.sampled_from(list(Algorithm)), st.booleans(), st.booleans())
def test_challenges_survive_the_wire(
    realm: str, nonce: str, algorithm: Algorithm, stale: bool, qop: bool
) -> None:
    challenge = Challenge(realm, nonce, algorithm, ("auth",) if qop else (), stale, None)
    assert parse_challenge(str(challenge)) == challenge


@given(PLAIN, PLAIN, st.integers(1, 2**32 - 1), st.sampled_from(list(Algorithm)))
def test_answers_survive_the_wire(user: str, realm: str, count: int, algorithm: Algorithm) -> None:
    answer = replace(ANSWER, username=user, realm=realm, nc=count, algorithm=algorithm, response="ab" * 16)
    assert parse_authorization(str(answer)) == answer


@pytest.mark.parametrize("realm", ['a"b', "a\r\nVia: x", "a\\", "a\x00"])
def test_what_cannot_be_quoted_is_our_own_fault(realm: str) -> None:
    with pytest.raises(LocalProtocolError):
        str(Challenge(realm, "n"))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_challenge, parse_authorization, parse_next_nonce):
        for value in (text, "Digest " + text):
            with suppress(ParseError):
                parse(value)


def test_mutations_are_read_or_refused() -> None:
    seeds = [
        GOOD.encode(),
        str(Challenge("asterisk", "n1", Algorithm.SHA_256, ("auth",), True, "x")).encode(),
        b'Digest username="a\\"b", realm="r", nonce="n", uri="sip:x", response="00"',
    ]
    read = 0
    for data in mutated(seeds, 20_000, 2604):
        text = data.decode("utf-8", "surrogateescape")
        for parse in (parse_challenge, parse_authorization):
            try:
                found = parse(text)
            except ParseError:
                continue
            read += found is not None
    assert read > 1000
