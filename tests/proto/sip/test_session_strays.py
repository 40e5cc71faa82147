"""Requests that fit no session, and what RFC 3261 §8.2, §9.2, §12.2.2 and §15.1.2 want for them."""

from __future__ import annotations

import pytest

from aywa.proto.sip.core import IncomingCall, RequestDone, SessionSaid, SipLoad, UserAgentCore
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import Ended, Established, State
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import ALICE, ANSWER, BOB, OFFER, identity, request, response


class Bob:
    """A core under test, fed by hand."""

    def __init__(self, *, overloaded: bool = False, limit: int = 1000) -> None:
        self.core = UserAgentCore(identity(BOB), load=lambda: SipLoad(overloaded, 7), limit=limit)
        self.calls: list[IncomingUsage] = []
        self.ended: list[Ended] = []
        self.established = 0
        self.done: list[RequestDone] = []
        self.sent: list[Request | Response] = []

    def drain(self) -> None:
        for action in self.core.actions():
            match action:
                case Transmit(message):
                    self.sent.append(message)
                case IncomingCall(usage):
                    self.calls.append(usage)
                case SessionSaid(_, Ended() as event):
                    self.ended.append(event)
                case SessionSaid(_, Established()):
                    self.established += 1
                case RequestDone():
                    self.done.append(action)
                case _:
                    pass

    def get(self, message: Request | Response, now: float = 0.0) -> Response | None:
        """Feed a message and give the last response sent for it."""
        before = len(self.sent)
        self.core.receive(message, ALICE, now)
        self.drain()
        responses = [m for m in self.sent[before:] if isinstance(m, Response)]
        return responses[-1] if responses else None

    def answered(self) -> IncomingUsage:
        """A call that is up."""
        self.get(request(body=OFFER))
        usage = self.calls[0]
        usage.accept(ANSWER, 0.0)
        self.core.apply(usage, 0.0)
        self.drain()
        self.get(request("ACK", branch="z9hG4bKack", to_tag=usage.local_tag))
        assert usage.state is State.CONFIRMED
        return usage


def status(answer: Response | None) -> int:
    assert answer is not None
    return answer.status


def test_unknown_method_is_501_and_a_known_one_405() -> None:
    assert status(Bob().get(request("FROBNICATE"))) == 501
    refusal = Bob().get(request("SUBSCRIBE"))
    assert refusal is not None
    assert refusal.status == 405
    assert (
        refusal.headers.get("Allow")
        == "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY"
    )
    assert refusal.to.tag


def test_required_extension_is_420() -> None:
    refusal = Bob().get(request(body=OFFER, headers=(("Require", "100rel, gruu, timer, Path"),)))
    assert refusal is not None
    assert (refusal.status, refusal.headers.get("Unsupported")) == (420, "gruu, Path")


def test_unknown_scheme_is_416() -> None:
    assert status(Bob().get(request(uri="http:example.com"))) == 416


@pytest.mark.parametrize(
    "headers", [(("Content-Type", "text/plain"),), (("Content-Encoding", "gzip"),)], ids=["type", "encoding"]
)
def test_content_that_cannot_be_read_is_415(headers: tuple[tuple[str, str], ...]) -> None:
    message = request(body=OFFER)
    for name, value in headers:
        message.headers.set(name, value)
    refusal = Bob().get(message)
    assert refusal is not None
    assert (refusal.status, refusal.headers.get("Accept")) == (415, "application/sdp")


def test_invite_without_contact_is_400() -> None:
    message = request(body=OFFER)
    message.headers.remove("Contact")
    assert status(Bob().get(message)) == 400


def test_max_forwards_zero_is_no_concern_of_a_user_agent() -> None:
    message = request("OPTIONS")
    message.headers.set("Max-Forwards", "0")
    assert status(Bob().get(message)) == 200


def test_options_tells_what_is_understood() -> None:
    answer = Bob().get(request("OPTIONS"))
    assert answer is not None
    assert answer.status == 200
    for name in ("Allow", "Accept", "Supported", "Contact"):
        assert name in answer.headers


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
def test_overload_is_503_with_retry_after(method: str) -> None:
    bob = Bob(overloaded=True)
    refusal = bob.get(request(method, body=OFFER if method == "INVITE" else b""))
    assert refusal is not None
    assert (refusal.status, refusal.headers.get("Retry-After")) == (503, "7")
    assert bob.calls == []


def test_overload_leaves_calls_alone() -> None:
    overloaded = False
    bob = Bob()
    bob.core._load = lambda: SipLoad(overloaded)
    usage = bob.answered()
    overloaded = True
    assert status(bob.get(request("BYE", branch="z9hG4bKbye", sequence=2, to_tag=usage.local_tag))) == 200


@pytest.mark.parametrize("tag", [None, "nobody"])
def test_bye_without_a_dialog_is_481(tag: str | None) -> None:
    assert status(Bob().get(request("BYE", to_tag=tag))) == 481


def test_cancel_without_a_transaction_is_481() -> None:
    assert status(Bob().get(request("CANCEL"))) == 481


def test_stray_ack_is_silence() -> None:
    bob = Bob()
    assert bob.get(request("ACK", to_tag="nobody")) is None
    usage = bob.answered()
    before = len(bob.sent)
    bob.get(request("ACK", branch="z9hG4bKagain", to_tag=usage.local_tag))
    bob.get(request("ACK", branch="z9hG4bKagain", to_tag=usage.local_tag, sequence=9))
    bob.get(request("ACK", branch="z9hG4bKagain", to_tag=usage.local_tag, from_tag="mallory"))
    assert len(bob.sent) == before
    assert bob.established == 1


def test_request_with_somebody_elses_tag_is_481() -> None:
    bob = Bob()
    usage = bob.answered()
    stranger = request("BYE", branch="z9hG4bKbye", sequence=2, to_tag=usage.local_tag, from_tag="mallory")
    assert status(bob.get(stranger)) == 481
    assert usage.state is State.CONFIRMED


def test_request_out_of_order_is_500() -> None:
    bob = Bob()
    usage = bob.answered()
    late = request("BYE", branch="z9hG4bKbye", sequence=1, to_tag=usage.local_tag)
    assert status(bob.get(late)) == 500
    assert usage.state is State.CONFIRMED


def test_options_inside_the_session() -> None:
    bob = Bob()
    usage = bob.answered()
    assert status(bob.get(request("OPTIONS", branch="z9hG4bKo", sequence=2, to_tag=usage.local_tag))) == 200


def test_second_bye_is_481() -> None:
    bob = Bob()
    usage = bob.answered()
    assert status(bob.get(request("BYE", branch="z9hG4bKb1", sequence=2, to_tag=usage.local_tag))) == 200
    assert status(bob.get(request("BYE", branch="z9hG4bKb2", sequence=3, to_tag=usage.local_tag))) == 481
    assert bob.ended == [Ended(True, None, "")]


def test_bye_on_the_early_dialog_ends_the_invite() -> None:
    bob = Bob()
    bob.get(request(body=OFFER))
    usage = bob.calls[0]
    usage.ring(0.0)
    bob.core.apply(usage, 0.0)
    bob.drain()
    bob.get(request("BYE", branch="z9hG4bKbye", sequence=2, to_tag=usage.local_tag))
    assert [m.status for m in bob.sent if isinstance(m, Response)] == [100, 180, 487, 200]
    assert len(bob.ended) == 1


def test_reinvite_before_the_ack_is_500() -> None:
    bob = Bob()
    bob.get(request(body=OFFER))
    usage = bob.calls[0]
    usage.accept(ANSWER, 0.0)
    bob.core.apply(usage, 0.0)
    again = request(branch="z9hG4bKre", sequence=2, to_tag=usage.local_tag, body=OFFER)
    assert status(bob.get(again)) == 500
    assert usage.state is State.ANSWERED


def test_answer_missing_from_the_ack_ends_the_call() -> None:
    bob = Bob()
    bob.get(request())
    usage = bob.calls[0]
    assert not usage.has_offer
    usage.accept(OFFER, 0.0)
    bob.core.apply(usage, 0.0)
    bob.get(request("ACK", branch="z9hG4bKack", to_tag=usage.local_tag))
    assert usage.state is State.ENDING
    assert isinstance(bob.sent[-1], Request)
    assert bob.sent[-1].method == "BYE"


def test_late_cancel_changes_nothing() -> None:
    bob = Bob()
    usage = bob.answered()
    assert status(bob.get(request("CANCEL"))) == 200
    assert usage.state is State.CONFIRMED


def test_lost_ack_is_no_obstacle_to_a_reinvite() -> None:
    bob = Bob()
    usage = bob.answered()
    bob.get(request(branch="z9hG4bKre1", sequence=2, to_tag=usage.local_tag, body=OFFER))
    usage.answer_offer(ANSWER, 1.0)
    bob.core.apply(usage, 1.0)
    bob.drain()
    bob.get(request(branch="z9hG4bKre2", sequence=3, to_tag=usage.local_tag, body=OFFER), 2.0)
    usage.answer_offer(ANSWER, 2.0)
    bob.core.apply(usage, 2.0)
    bob.drain()
    bob.get(request("ACK", branch="z9hG4bKack3", sequence=3, to_tag=usage.local_tag), 2.1)
    bob.core.handle_timers(60.0)
    assert usage.state is State.CONFIRMED


def test_options_of_ours_ends_with_a_response_or_without() -> None:
    bob = Bob()
    key = bob.core.options(parse_uri("sip:192.0.2.1"), ALICE, 0.0)
    bob.drain()
    asked = bob.sent[-1]
    assert isinstance(asked, Request)
    bob.get(response(asked, 200))
    assert bob.done[0].key == key
    assert bob.done[0].response is not None
    silent = bob.core.options(parse_uri("sip:192.0.2.1"), ALICE, 100.0)
    bob.core.handle_timers(132.0)
    bob.drain()
    assert bob.done[1] == RequestDone(silent, None, Failure.NO_RESPONSE)


def test_transport_error_ends_an_unanswered_call() -> None:
    bob = Bob()
    bob.core.receive(request(body=OFFER), ALICE, 0.0)
    bob.drain()
    bob.core.transmit_failed(bob.sent[0], 0.0)
    bob.drain()
    assert bob.calls[0].state is State.TERMINATED
    assert bob.ended == [Ended(False, None, "the transport could not send")]
    assert bob.core.sessions == []
