"""Answering challenges: which, how often, and when it is over."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from aywa.errors import ParseError
from aywa.proto.sip.digest import Algorithm, Authorization, Challenge, Credentials, parse_authorization
from aywa.proto.sip.digest import response_for as sum_for
from aywa.proto.sip.digest_client import MAX_ROUNDS, Attempt, AuthenticationRefused, DigestClient
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from tests.kit.mutate import mutated
from tests.kit.sip_messages import request, response

SECRET = "not-to-be-seen"
BOB = Credentials("bob", SECRET)


def asked(*challenges: str, status: int = 401) -> Response:
    """A 401 or 407 with these challenges."""
    answer = response(request(), status)
    for challenge in challenges:
        answer.headers.add("WWW-Authenticate" if status == 401 else "Proxy-Authenticate", challenge)
    return answer


def answers_in(message: Request, header: str = "Authorization") -> list[Authorization]:
    """What the request carries, each checked for its sum."""
    found = []
    for value in message.headers.get_all(header):
        answer = parse_authorization(value)
        assert answer is not None
        assert answer.algorithm is not None
        key = BOB.key_for(answer.algorithm, answer.realm)
        assert answer.response == sum_for(key or "", message.method, answer)
        assert SECRET not in value
        found.append(answer)
    return found


class Round:
    """One client, asked and asked again."""

    def __init__(self, credentials: Credentials = BOB) -> None:
        self.client = DigestClient(credentials, Random(1))
        self.attempt = Attempt()

    def answer(self, *challenges: str, status: int = 401) -> Request:
        """The request that follows these challenges."""
        self.client.answer(asked(*challenges, status=status), self.attempt)
        return self.next()

    def next(self) -> Request:
        """A request with what is known now."""
        again = request()
        self.client.authorize(again)
        return again


def test_the_strongest_challenge_is_answered() -> None:
    (answer,) = answers_in(
        Round().answer(
            str(Challenge("pbx", "n1", Algorithm.MD5)),
            str(Challenge("pbx", "n2", Algorithm.SHA_256, opaque="o")),
            'Digest realm="pbx", nonce="n3", algorithm=SHA-512-256, qop="auth"',
            'Basic realm="pbx"',
        )
    )
    assert (answer.algorithm, answer.nonce, answer.opaque) == (Algorithm.SHA_256, "n2", "o")
    assert (answer.qop, answer.nc, bool(answer.cnonce)) == ("auth", 1, True)


def test_a_sum_takes_the_challenge_that_it_fits() -> None:
    key = BOB.key_for(Algorithm.MD5, "pbx")
    stored = Credentials("bob", ha1=(key or "",), realm="pbx")
    challenges = [str(Challenge("pbx", "n", each)) for each in (Algorithm.SHA_256, Algorithm.MD5)]
    (answer,) = answers_in(Round(stored).answer(*challenges))
    assert answer.algorithm is Algorithm.MD5


def test_a_server_without_qop_gets_the_old_form() -> None:
    (answer,) = answers_in(Round().answer('Digest realm="pbx", nonce="n"'))
    assert (answer.qop, answer.nc, answer.cnonce) == ("", 0, "")


def test_a_proxy_and_the_server_are_both_answered() -> None:
    both = Round()
    both.answer(str(Challenge("proxy", "p")), status=407)
    again = both.answer(str(Challenge("pbx", "n")))
    assert [answer.realm for answer in answers_in(again)] == ["pbx"]
    assert [answer.realm for answer in answers_in(again, "Proxy-Authorization")] == ["proxy"]


def test_counts_rise_with_every_use_of_a_nonce() -> None:
    one = Round()
    one.answer(str(Challenge("pbx", "n")))
    counts = [answers_in(one.next())[0].nc for _ in range(3)]
    assert counts == [2, 3, 4]
    assert one.client.answer(asked(str(Challenge("pbx", "m"))), Attempt()) is None
    assert answers_in(one.next())[0].nc == 1


def test_the_next_nonce_is_followed() -> None:
    one = Round()
    one.answer(str(Challenge("pbx", "n", Algorithm.SHA_256)))
    ok = response(request(), 200)
    ok.headers.add("Authentication-Info", 'nextnonce="later"')
    one.client.accept(ok)
    (answer,) = answers_in(one.next())
    assert (answer.nonce, answer.nc, answer.algorithm) == ("later", 1, Algorithm.SHA_256)
    ok.headers.set("Authentication-Info", '"')
    one.client.accept(ok)
    assert answers_in(one.next())[0].nonce == "later"


@pytest.mark.parametrize("with_new_nonce", [False, True])
def test_the_same_credentials_are_not_tried_twice(with_new_nonce: bool) -> None:
    one = Round()
    one.answer(str(Challenge("pbx", "n")))
    with pytest.raises(AuthenticationRefused) as refused:
        one.answer(str(Challenge("pbx", "m" if with_new_nonce else "n")))
    assert refused.value.realm == "pbx"
    assert "pbx" in refused.value.detail
    assert SECRET not in str(refused.value)


def test_a_stale_nonce_is_replaced_once() -> None:
    one = Round()
    one.answer(str(Challenge("pbx", "n")))
    (answer,) = answers_in(one.answer(str(Challenge("pbx", "m", stale=True))))
    assert answer.nonce == "m"
    with pytest.raises(AuthenticationRefused, match="pbx"):
        one.answer(str(Challenge("pbx", "o", stale=True)))


def test_a_peer_with_ever_new_realms_is_left() -> None:
    one = Round()
    for number in range(MAX_ROUNDS):
        one.answer(str(Challenge(f"realm {number}", "n")))
    with pytest.raises(AuthenticationRefused, match="one challenge after the other"):
        one.answer(str(Challenge("one more", "n")))


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        ('Digest realm="pbx", nonce="n", qop="auth-int"', "auth-int"),
        ('Digest realm="pbx", nonce="n", qop="token"', "no qop that is known"),
        ('Digest realm="pbx", nonce="n", algorithm=AKAv1-MD5', "no algorithm that is known"),
        ('Digest realm="pbx"', "cannot be read"),
        ('Basic realm="pbx"', "no digest challenge"),
    ],
)
def test_what_cannot_be_answered_says_why(challenge: str, why: str) -> None:
    with pytest.raises(AuthenticationRefused, match=why) as refused:
        Round().answer(challenge)
    assert SECRET not in str(refused.value)


def test_credentials_of_another_realm_are_not_given_away() -> None:
    with pytest.raises(AuthenticationRefused, match="no credentials"):
        Round(Credentials("bob", SECRET, realm="pbx")).answer(str(Challenge("attacker", "n")))


def test_auth_int_is_not_chosen_where_auth_is_offered() -> None:
    (answer,) = answers_in(Round().answer('Digest realm="pbx", nonce="n", qop="auth-int,auth"'))
    assert answer.qop == "auth"


def test_an_ack_repeats_what_its_invite_carried() -> None:
    one = Round()
    invite = one.answer(str(Challenge("pbx", "n")))
    ack = request("ACK")
    one.client.authorize(ack, invite)
    assert ack.headers.get_all("Authorization") == invite.headers.get_all("Authorization")
    assert answers_in(one.next())[0].nc == 2


def test_whatever_asks_is_answered_or_refused() -> None:
    seeds = [
        str(Challenge("asterisk", "n1", Algorithm.SHA_256, ("auth",), True, "x")).encode(),
        b'Digest realm="a\\"b", nonce=bare, opaque="", qop="auth,auth-int", algorithm=MD5-sess',
        b'Digest realm="\xff\xfe", nonce="1/2=", algorithm=md5',
    ]
    answered = 0
    for data in mutated(seeds, 5_000, 7616):
        text = data.decode("utf-8", "surrogateescape")
        if "\r" in text or "\n" in text:
            continue
        try:
            asks = parse_datagram(asked(text).encode())
        except ParseError:
            continue  # what the parser of the message takes out does not come this far
        assert isinstance(asks, Response)
        one = Round()
        with suppress(AuthenticationRefused):
            one.client.answer(asks, one.attempt)
            parse_datagram(one.next().encode())
            answered += 1
    assert answered > 400


def test_a_realm_that_plays_tricks_is_shown_plainly() -> None:
    with pytest.raises(AuthenticationRefused) as refused:
        Round(Credentials("bob", SECRET, realm="pbx")).answer(
            'Digest realm="\x1b[31m\\\x01' + "x" * 500 + '", nonce="n"'
        )
    assert refused.value.realm.isprintable()
    assert len(refused.value.realm) <= 80
