"""Calls whose requests are challenged: set-up, re-INVITE and BYE, Bob played by hand or over a network."""

from __future__ import annotations

from random import Random

import pytest

from aywa.proto.sip.build import response_to
from aywa.proto.sip.call_auth import CallAuth
from aywa.proto.sip.core import CoreAction, IncomingCall, SessionSaid, UserAgentCore
from aywa.proto.sip.digest import Challenge, Credentials
from aywa.proto.sip.digest_server import DigestServer, Verdict
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import AnswerArrived, Ended, Established, SessionEvent, State
from aywa.proto.sip.session_uac import CallParameters
from aywa.proto.sip.uri import parse_uri
from tests.kit.netem import Weather
from tests.kit.sip_messages import ALICE, ANSWER, BOB, OFFER, identity
from tests.kit.sip_pair import Peer, SipPair

SECRET = "wonderland"
US = Credentials("alice", SECRET)


class Line:
    """Alice's core, and Bob played by hand."""

    def __init__(self, credentials: Credentials | None = US) -> None:
        self.core = UserAgentCore(identity(ALICE), credentials=lambda address: credentials)
        self.sent: list[Request] = []
        self.events: list[SessionEvent] = []
        self.now = 0.0
        parameters = CallParameters(
            parse_uri("sip:bob@192.0.2.2"), parse_uri("sip:alice@192.0.2.1"), OFFER, BOB
        )
        self.usage = self.core.invite(parameters, 0.0)
        self.drain()

    def drain(self) -> None:
        for action in self.core.actions():
            match action:
                case Transmit(Request() as message):
                    self.sent.append(message)
                case SessionSaid(_, event):
                    self.events.append(event)

    def last(self, method: str) -> Request:
        """The last request of that method that was sent."""
        return [request for request in self.sent if request.method == method][-1]

    def answer(
        self,
        method: str,
        status: int,
        *headers: tuple[str, str],
        body: bytes = b"",
        tag: str = "bob",
    ) -> None:
        """Bob answers the last request of that method."""
        self.receive(self.response(method, status, *headers, body=body, tag=tag))

    def response(
        self, method: str, status: int, *headers: tuple[str, str], body: bytes = b"", tag: str = "bob"
    ) -> Response:
        contact = (("Contact", "<sip:bob@192.0.2.2:5060>"),) if status < 300 else ()
        return response_to(
            self.last(method),
            status,
            to_tag=tag,
            headers=(*contact, *headers),
            body=body,
            content_type="application/sdp" if body else None,
        )

    def receive(self, message: Request | Response) -> None:
        self.core.receive(message, BOB, self.now)
        self.drain()

    def wake(self, now: float) -> None:
        """Time passes; the network carries nothing."""
        self.now = now
        self.core.handle_timers(now)
        self.drain()

    def challenge(self, method: str, nonce: str = "n", *, status: int = 401, stale: bool = False) -> None:
        """Bob asks for credentials."""
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        self.answer(method, status, (name, str(Challenge("pbx", nonce, stale=stale))), tag="asks")

    def establish(self) -> None:
        """The call is up, after a challenge."""
        self.challenge("INVITE")
        self.answer("INVITE", 200, body=ANSWER)
        assert self.events == [Established(ANSWER)]


@pytest.mark.parametrize(("status", "header"), [(401, "Authorization"), (407, "Proxy-Authorization")])
def test_an_invite_goes_out_again_with_an_answer(status: int, header: str) -> None:
    line = Line()
    line.challenge("INVITE", status=status)
    first, ack, second = line.sent
    assert [request.method for request in line.sent] == ["INVITE", "ACK", "INVITE"]
    assert ack.via.branch == first.via.branch
    assert ack.to.tag == "asks"
    assert (second.call_id, second.from_, second.body) == (first.call_id, first.from_, first.body)
    assert second.to.tag is None
    assert second.cseq.number == first.cseq.number + 1
    assert second.via.branch != first.via.branch
    assert header in second.headers
    assert SECRET not in second.encode().decode()
    assert line.events == []


def test_the_dialog_goes_on_from_the_second_number_and_the_ack_repeats_the_answer() -> None:
    line = Line()
    line.establish()
    invite, ack = line.last("INVITE"), line.last("ACK")
    assert ack.cseq.number == invite.cseq.number
    assert ack.headers.get("Authorization") == invite.headers.get("Authorization")
    line.usage.hang_up(1.0)
    line.core.apply(line.usage, 1.0)
    line.drain()
    bye = line.last("BYE")
    assert bye.cseq.number == invite.cseq.number + 1
    assert "nc=00000002" in (bye.headers.get("Authorization") or "")


def test_a_bye_and_a_reinvite_are_answered_for_too() -> None:
    line = Line()
    line.establish()
    line.usage.offer(OFFER, 1.0)
    line.core.apply(line.usage, 1.0)
    line.drain()
    line.challenge("INVITE", "fresh")
    assert 'nonce="fresh"' in (line.last("INVITE").headers.get("Authorization") or "")
    line.answer("INVITE", 200, body=ANSWER)
    assert line.events[-1] == AnswerArrived(ANSWER)
    reinvite = line.last("INVITE")
    line.usage.hang_up(2.0)
    line.core.apply(line.usage, 2.0)
    line.drain()
    line.challenge("BYE", "fresher", stale=True)
    bye = line.last("BYE")
    assert bye.cseq.number == reinvite.cseq.number + 2
    assert line.usage.state is State.ENDING
    line.answer("BYE", 200)
    assert line.events[-1] == Ended(False, 200, "")
    assert len(line.core.auth) == 0


TIMED = (("Session-Expires", "90;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE"))


def refreshing() -> Line:
    """A call that Alice has to refresh every 45 s, and the first refresh sent."""
    line = Line()
    line.challenge("INVITE")
    line.answer("INVITE", 200, *TIMED, body=ANSWER)
    line.wake(45.0)
    return line


def test_a_refresh_that_is_challenged_is_answered_for_and_the_call_goes_on() -> None:
    line = refreshing()
    first = line.last("UPDATE")
    line.challenge("UPDATE", "fresh", stale=True)
    second = line.last("UPDATE")
    assert second.cseq.number == first.cseq.number + 1
    assert 'nonce="fresh"' in (second.headers.get("Authorization") or "")
    assert second.headers.get("Session-Expires") == first.headers.get("Session-Expires")
    assert second.to.tag == first.to.tag == "bob"
    line.answer("UPDATE", 200, TIMED[0])
    line.wake(89.0)
    assert line.usage.state is State.CONFIRMED
    assert line.last("UPDATE") is second
    line.wake(90.0)
    third = line.last("UPDATE")
    assert third.cseq.number == second.cseq.number + 1
    assert line.events == [Established(ANSWER)]


def test_a_call_whose_refreshes_nobody_can_answer_for_ends_before_its_interval() -> None:
    line = refreshing()
    line.challenge("UPDATE", "fresh")
    line.challenge("UPDATE", "fresher")
    assert line.usage.state is State.CONFIRMED
    assert "BYE" not in [request.method for request in line.sent]
    for now in range(46, 91):
        line.wake(float(now))
    assert "BYE" in [request.method for request in line.sent]


def test_a_challenged_prack_counts_in_the_branch_it_acknowledges() -> None:
    line = Line()
    line.challenge("INVITE")
    line.answer("INVITE", 183, *reliable(1), tag="one")
    prack = line.last("PRACK")
    asks = (("WWW-Authenticate", str(Challenge("pbx", "fresh", stale=True))),)
    refused = line.response("PRACK", 401, *asks, tag="one")
    line.answer("INVITE", 183, *reliable(7), tag="two")
    line.answer("INVITE", 183, *reliable(8), tag="two")
    line.receive(refused)
    again = line.last("PRACK")
    assert (again.to.tag, again.cseq.number) == ("one", prack.cseq.number + 1)
    assert again.headers.get("RAck") == prack.headers.get("RAck")
    assert 'nonce="fresh"' in (again.headers.get("Authorization") or "")
    line.answer("PRACK", 200, tag="one")
    invite = [request for request in line.sent if request.method == "INVITE"][-1]
    contact = ("Contact", "<sip:bob@192.0.2.2:5060>")
    line.receive(
        response_to(
            invite, 200, to_tag="one", headers=(contact,), body=ANSWER, content_type="application/sdp"
        )
    )
    line.usage.hang_up(1.0)
    line.core.apply(line.usage, 1.0)
    line.drain()
    assert line.last("BYE").cseq.number == again.cseq.number + 1


def reliable(number: int) -> tuple[tuple[str, str], ...]:
    return (("Require", "100rel"), ("RSeq", str(number)), ("Contact", "<sip:bob@192.0.2.2:5060>"))


def test_wrong_credentials_end_the_call_and_name_the_realm() -> None:
    line = Line()
    line.challenge("INVITE")
    line.challenge("INVITE", "other")
    (ended,) = line.events
    assert isinstance(ended, Ended)
    assert ended.status == 401
    assert "pbx" in ended.reason
    assert SECRET not in ended.reason
    assert [request.method for request in line.sent].count("INVITE") == 2
    assert len(line.core.auth) == 0


def test_without_credentials_a_challenge_is_the_final_response_it_is() -> None:
    line = Line(None)
    line.challenge("INVITE")
    (ended,) = line.events
    assert isinstance(ended, Ended)
    assert ended.status == 401
    assert [request.method for request in line.sent] == ["INVITE", "ACK"]


def test_early_dialogs_end_with_the_challenge_and_cancel_waits_for_the_new_invite() -> None:
    line = Line()
    line.answer("INVITE", 180, tag="early")
    line.challenge("INVITE", status=407)
    assert line.usage.dialog is None
    line.usage.cancel(1.0)
    line.core.apply(line.usage, 1.0)
    line.drain()
    assert "CANCEL" not in [request.method for request in line.sent]
    line.answer("INVITE", 100)
    cancel = line.last("CANCEL")
    assert cancel.via.branch == line.last("INVITE").via.branch
    assert cancel.cseq.number == line.last("INVITE").cseq.number


def test_a_call_that_is_being_cancelled_is_not_sent_again() -> None:
    line = Line()
    line.answer("INVITE", 180)
    line.usage.cancel(1.0, "enough")
    line.core.apply(line.usage, 1.0)
    line.drain()
    line.challenge("INVITE")
    (_, ended) = line.events
    assert isinstance(ended, Ended)
    assert ended.reason == "enough"


def test_what_one_address_asked_for_is_not_told_another() -> None:
    line = Line()
    line.challenge("INVITE")
    elsewhere = (("Contact", "<sip:bob@192.0.2.77:5060>"),)
    response = response_to(
        line.last("INVITE"), 200, to_tag="bob", headers=elsewhere, body=ANSWER, content_type="application/sdp"
    )
    line.receive(response)
    line.usage.hang_up(1.0)
    line.core.apply(line.usage, 1.0)
    line.drain()
    assert "Authorization" not in line.last("BYE").headers
    assert "Authorization" not in line.last("ACK").headers


def test_credentials_chosen_for_a_call_go_before_those_of_the_address() -> None:
    core = UserAgentCore(identity(ALICE), credentials=lambda address: US)
    parameters = CallParameters(parse_uri("sip:bob@192.0.2.2"), parse_uri("sip:a@192.0.2.1"), OFFER, BOB)
    usage = core.invite(parameters, 0.0, Credentials("chosen", "x"))
    (invite,) = [action.message for action in core.actions() if isinstance(action, Transmit)]
    assert isinstance(invite, Request)
    asks = (("WWW-Authenticate", str(Challenge("pbx", "n"))),)
    core.receive(response_to(invite, 401, to_tag="asks", headers=asks), BOB, 0.0)
    again = [action.message for action in core.actions() if isinstance(action, Transmit)][-1]
    assert 'username="chosen"' in (again.headers.get("Authorization") or "")
    assert usage.alive


# -- two of ours

WEATHERS = {
    "quiet": Weather(),
    "reordered": Weather(jitter_s=2.0, duplicate=0.2),
    "loss 30 %, duplicates, reordered": Weather(loss=0.3, duplicate=0.2, jitter_s=0.8),
    "loss 60 %": Weather(loss=0.6),
}


def guarded_pair(weather: Weather, seed: int, credentials: Credentials) -> tuple[SipPair, list[Verdict]]:
    """Alice has `credentials`; Bob asks every new call for Alice's."""
    pair, verdicts = SipPair(weather, seed), []
    server = DigestServer("bob", [US], key=Random(seed).randbytes(32), life_s=300)

    def guard(request: Request, source: tuple[str, int], now: float) -> Response | None:
        verdicts.append(server.judge(request, source[0], now))
        if verdicts[-1] is Verdict.GRANTED:
            return None
        asks = server.challenges(source[0], now, stale=verdicts[-1] is Verdict.STALE)
        return response_to(request, 401, headers=[("WWW-Authenticate", ask) for ask in asks])

    pair.alice.core.auth = CallAuth(pair.alice.core.identity, lambda address: credentials)
    pair.bob.core._guard = guard
    return pair, verdicts


def answer_at_once(peer: Peer, action: CoreAction, now: float) -> None:
    if isinstance(action, IncomingCall):
        action.usage.ring(now)
        action.usage.accept(ANSWER, now)
        peer.core.apply(action.usage, now)


@pytest.mark.parametrize("weather", WEATHERS.values(), ids=WEATHERS)
def test_two_of_ours_agree_over_bad_networks(weather: Weather) -> None:
    for seed in range(20):
        pair, verdicts = guarded_pair(weather, seed, US)
        pair.bob.react = answer_at_once
        alice = pair.call()
        pair.run(150)
        bob = pair.bob.calls[0] if pair.bob.calls else None
        assert len(pair.bob.calls) <= 1, seed
        if bob is not None:
            assert bob.state is alice.state, seed
            assert verdicts[-1] is Verdict.GRANTED
        if weather.loss <= 0.1:
            assert alice.state is State.CONFIRMED, seed
            assert verdicts == [Verdict.REFUSED, Verdict.GRANTED], seed
        if alice.state is State.CONFIRMED:
            pair.do(pair.alice, alice, alice.hang_up)
        pair.run(150)
        assert [type(event) for event in pair.alice.events(alice)].count(Ended) == 1, seed
        assert not pair.alice.core.sessions
        assert not pair.bob.core.sessions
        assert len(pair.alice.core.auth) == 0
        assert len(pair.alice.core.transactions) == len(pair.bob.core.transactions) == 0


@pytest.mark.parametrize("guess", [Credentials("alice", "no"), Credentials("nobody", SECRET)])
def test_nobody_hears_of_a_call_without_the_right_secret(guess: Credentials) -> None:
    pair, verdicts = guarded_pair(Weather(), 1, guess)
    alice = pair.call()
    pair.run(60)
    assert pair.bob.calls == []
    assert verdicts == [Verdict.REFUSED] * 2
    (ended,) = pair.alice.events(alice)
    assert isinstance(ended, Ended)
    assert ended.status == 401
