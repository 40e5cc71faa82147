"""The caller's side fed by hand: forks, early answers, faulty answers (RFC 3261 §13.2.2.4)."""

from __future__ import annotations

from aywa.proto.sip.core import SessionSaid, UserAgentCore
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import Ended, Established, Ringing, SessionEvent, State
from aywa.proto.sip.session_uac import CallParameters, OutgoingUsage
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import ALICE, ANSWER, BOB, OFFER, identity, response


class Alice:
    """A core that has just called Bob."""

    def __init__(self) -> None:
        self.core = UserAgentCore(identity(ALICE))
        self.sent: list[Request | Response] = []
        self.to: list[tuple[str, int]] = []
        self.said: list[SessionEvent] = []
        parameters = CallParameters(
            parse_uri("sip:bob@192.0.2.2"), parse_uri("sip:alice@example.com"), OFFER, BOB, (("X-Test", "1"),)
        )
        self.usage: OutgoingUsage = self.core.invite(parameters, 0.0)
        self.drain()
        invite = self.sent[0]
        assert isinstance(invite, Request)
        self.invite = invite

    def drain(self) -> None:
        for action in self.core.actions():
            if isinstance(action, Transmit):
                self.sent.append(action.message)
                self.to.append(action.address)
            elif isinstance(action, SessionSaid):
                self.said.append(action.event)

    def get(self, message: Response | Request, now: float = 1.0) -> list[str]:
        """Feed a message; what was sent for it."""
        before = len(self.sent)
        self.core.receive(message, BOB, now)
        self.drain()
        return [m.method if isinstance(m, Request) else str(m.status) for m in self.sent[before:]]


def test_invite_is_complete() -> None:
    invite = Alice().invite
    for name in (
        "Via",
        "Max-Forwards",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Allow",
        "Supported",
        "X-Test",
    ):
        assert name in invite.headers
    assert invite.from_.tag
    assert invite.to.tag is None
    assert invite.body == OFFER


def test_second_branch_that_answers_is_acknowledged_and_hung_up() -> None:
    alice = Alice()
    assert alice.get(response(alice.invite, 200, tag="desk", body=ANSWER)) == ["ACK"]
    assert alice.get(response(alice.invite, 200, tag="mobile", body=ANSWER)) == ["ACK", "BYE"]
    bye = alice.sent[-1]
    assert isinstance(bye, Request)
    assert bye.to.tag == "mobile"
    assert alice.get(response(alice.invite, 200, tag="mobile", body=ANSWER)) == ["ACK"]
    assert alice.get(response(bye, 200)) == []
    assert alice.usage.state is State.CONFIRMED
    assert [type(event) for event in alice.said] == [Established]


def test_retransmitted_2xx_is_acknowledged_even_after_the_call() -> None:
    alice = Alice()
    answer = response(alice.invite, 200, body=ANSWER)
    alice.get(answer)
    alice.usage.hang_up(2.0)
    alice.core.apply(alice.usage, 2.0)
    alice.drain()
    bye = alice.sent[-1]
    assert isinstance(bye, Request)
    alice.get(response(bye, 200), 2.5)
    assert not alice.usage.alive
    assert alice.get(answer, 3.0) == ["ACK"]


def test_answer_seen_in_a_183_only() -> None:
    alice = Alice()
    alice.get(response(alice.invite, 183, tag="desk", body=ANSWER))
    alice.get(response(alice.invite, 200, tag="desk"))
    assert alice.said[-1] == Established(ANSWER)


def test_2xx_without_an_answer_is_hung_up() -> None:
    alice = Alice()
    assert alice.get(response(alice.invite, 200)) == ["ACK", "BYE"]
    bye = alice.sent[-1]
    assert isinstance(bye, Request)
    alice.get(response(bye, 200))
    assert alice.said == [Ended(False, 200, "the 2xx carries no answer")]


def test_requests_follow_the_recorded_route() -> None:
    alice = Alice()
    answer = response(alice.invite, 200, body=ANSWER)
    answer.headers.add("Record-Route", "<sip:198.51.100.2;lr>")
    answer.headers.add("Record-Route", "<sip:198.51.100.1:5070;lr>")
    alice.get(answer)
    ack = alice.sent[-1]
    assert isinstance(ack, Request)
    assert [str(route) for route in ack.routes] == ["<sip:198.51.100.1:5070;lr>", "<sip:198.51.100.2;lr>"]
    assert str(ack.uri) == "sip:bob@192.0.2.2:5060"
    assert alice.to[-1] == ("198.51.100.1", 5070)


def test_failure_after_ringing() -> None:
    alice = Alice()
    alice.get(response(alice.invite, 100))
    alice.get(response(alice.invite, 180))
    assert alice.get(response(alice.invite, 603)) == ["ACK"]
    assert [type(event) for event in alice.said] == [Ringing, Ended]
    assert alice.get(response(alice.invite, 180)) == []


def test_send_error_ends_the_call_at_once() -> None:
    alice = Alice()
    alice.core.transmit_failed(alice.invite, 0.0)
    alice.drain()
    assert alice.said == [Ended(False, 503, "the transport could not send")]
    assert alice.core.sessions == []


def test_response_of_a_stranger_changes_nothing() -> None:
    alice = Alice()
    stray = response(alice.invite, 200, body=ANSWER)
    stray.headers.set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKguess")
    assert alice.get(stray) == []
    assert alice.usage.state is State.CALLING
