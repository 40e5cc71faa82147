"""Judging answers: fresh, stale, wrong, unknown; and that the last two look the same."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sip.digest import Algorithm, Challenge, Credentials, parse_challenge
from aywa.proto.sip.digest_client import Attempt, DigestClient
from aywa.proto.sip.digest_server import NONCE_LIFE_S, DigestServer, Verdict
from aywa.proto.sip.message import Request
from tests.kit.sip_messages import request, response

HOST = "192.0.2.1"
ALICE = Credentials("alice", "wonderland")


def server(*users: Credentials, remembered: int = 100, seed: int = 1) -> DigestServer:
    return DigestServer("aywa", users or (ALICE,), key=Random(seed).randbytes(32), remembered=remembered)


def client(asks: list[str], credentials: Credentials = ALICE) -> DigestClient:
    """A client that has met these challenges."""
    one = DigestClient(credentials, Random(5))
    refusal = response(request(), 401)
    for ask in asks:
        refusal.headers.add("WWW-Authenticate", ask)
    one.answer(refusal, Attempt())
    return one


def signed(one: DigestClient, **words: str) -> Request:
    invite = request(**words)  # type: ignore[arg-type]
    one.authorize(invite)
    return invite


@pytest.mark.parametrize("algorithm", [Algorithm.MD5, Algorithm.SHA_256])
def test_the_right_secret_is_granted(algorithm: Algorithm) -> None:
    ours = server()
    asks = [ask for ask in ours.challenges(HOST, 5.0) if f"algorithm={algorithm.value}" in ask]
    assert ours.judge(signed(client(asks)), HOST, 6.0) is Verdict.GRANTED


def test_sums_in_place_of_passwords() -> None:
    sums = tuple(ALICE.key_for(each, "aywa") or "" for each in (Algorithm.MD5, Algorithm.SHA_256))
    ours = server(Credentials("alice", ha1=sums))
    assert ours.algorithms == (Algorithm.SHA_256, Algorithm.MD5)
    assert ours.judge(signed(client(ours.challenges(HOST, 0))), HOST, 1) is Verdict.GRANTED
    only_md5 = server(Credentials("alice", ha1=sums[:1]), Credentials("bob", "b"))
    assert only_md5.algorithms == (Algorithm.MD5,)


def test_no_answer_is_refused() -> None:
    assert server().judge(request(), HOST, 0) is Verdict.REFUSED


@pytest.mark.parametrize(
    "stranger", [Credentials("alice", "guess"), Credentials("mallory", "wonderland"), Credentials("m", "x")]
)
def test_a_wrong_secret_and_an_unknown_user_get_the_same(stranger: Credentials) -> None:
    ours = server()
    asks = ours.challenges(HOST, 0)
    assert ours.judge(signed(client(asks, stranger)), HOST, 1) is Verdict.REFUSED
    assert ours.judge(signed(client(asks, stranger)), HOST, NONCE_LIFE_S + 9) is Verdict.REFUSED
    assert not ours._counts, "a stranger left something behind"


def test_work_is_the_same_for_unknown_users(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = server()
    asks = ours.challenges(HOST, 0)
    sums: list[int] = []
    plain = Algorithm.sum
    monkeypatch.setattr(
        Algorithm, "sum", lambda self, text: sums.append(len(text) // 64) or plain(self, text)
    )
    requests = [signed(client(asks, Credentials(user, "guess!"))) for user in ("alice", "mallo")]
    work = []
    for invite in requests:
        sums.clear()
        ours.judge(invite, HOST, 1)
        work.append(list(sums))
    assert work[0] == work[1] != []


def test_a_count_is_good_once_and_the_replay_is_stale() -> None:
    ours = server()
    one = client(ours.challenges(HOST, 0))
    first = signed(one)
    second = signed(one)
    assert ours.judge(first, HOST, 1) is Verdict.GRANTED
    assert ours.judge(first, HOST, 1) is Verdict.STALE
    assert ours.judge(second, HOST, 2) is Verdict.GRANTED
    assert ours.judge(first, HOST, 3) is Verdict.STALE


def test_the_old_form_is_good_once() -> None:
    ours = server()
    challenge = parse_challenge(ours.challenges(HOST, 0)[1])
    assert challenge is not None
    one = client([str(Challenge(challenge.realm, challenge.nonce, Algorithm.MD5, ()))])
    assert ours.judge(signed(one), HOST, 1) is Verdict.GRANTED
    assert ours.judge(signed(one), HOST, 1) is Verdict.STALE


def test_a_nonce_grows_old() -> None:
    ours = server()
    one = client(ours.challenges(HOST, 10))
    assert ours.judge(signed(one), HOST, 10 + NONCE_LIFE_S - 1) is Verdict.GRANTED
    assert ours.judge(signed(one), HOST, 10 + NONCE_LIFE_S + 1) is Verdict.STALE
    assert all("stale=true" in ask for ask in ours.challenges(HOST, 80, stale=True))


def test_a_nonce_belongs_to_the_address_it_was_given_to_and_to_this_process() -> None:
    ours = server()
    one = client(ours.challenges(HOST, 0))
    assert ours.judge(signed(one), "192.0.2.99", 1) is Verdict.STALE
    assert server(seed=2).judge(signed(one), HOST, 1) is Verdict.STALE
    assert ours.judge(signed(client([str(Challenge("aywa", "made.up.here"))])), HOST, 1) is Verdict.STALE


def test_an_answer_for_another_server_is_refused() -> None:
    ours = server()
    one = client(ours.challenges(HOST, 0))
    other = signed(one, uri="sip:bob@192.0.2.3")
    invite = request()
    invite.headers.add("Authorization", other.headers.get("Authorization") or "")
    assert ours.judge(invite, HOST, 1) is Verdict.REFUSED
    with_parameter = signed(one, uri="sip:bob@192.0.2.2;transport=udp")
    invite.headers.set("Authorization", with_parameter.headers.get("Authorization") or "")
    assert ours.judge(invite, HOST, 1) is Verdict.GRANTED


def test_nonces_do_not_repeat_and_do_not_tell_the_next() -> None:
    ours = server()
    nonces = [
        challenge.nonce for _ in range(500) if (challenge := parse_challenge(ours.challenges(HOST, 7)[0]))
    ]
    assert len(set(nonces)) == 500
    assert len({nonce.rpartition(".")[2][:8] for nonce in nonces}) == 500


def test_memory_is_bounded_and_what_is_forgotten_is_stale() -> None:
    ours = server(remembered=10)
    clients = [client(ours.challenges(HOST, 0)) for _ in range(30)]
    for one in clients:
        assert ours.judge(signed(one), HOST, 1) is Verdict.GRANTED
    assert len(ours._counts) <= 10
    verdicts = [ours.judge(signed(one), HOST, 2) for one in clients]
    assert verdicts == [Verdict.STALE] * 20 + [Verdict.GRANTED] * 10


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_answer_gets_a_verdict(nonce: str, text: str) -> None:
    ours = server()
    line = "".join(c for c in text if c not in "\r\n")
    clean = "".join(c for c in nonce if c.isprintable() and c not in '"\\')
    for value in (
        line,
        "Digest " + line,
        f'Digest username="alice", realm="aywa", nonce="{clean}", uri="sip:x", response="00"',
    ):
        invite = request()
        invite.headers.add("Authorization", value)
        assert ours.judge(invite, HOST, 1) is Verdict.REFUSED
