"""REFER with NOTIFY, and INVITE with Replaces, between two of our own user agents on a network that loses."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip.core import CoreAction, IncomingCall, SessionSaid
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.refer import ReferTo, Replaces
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import Ended, ReferAnswered, ReferArrived, ReferReported, State
from aywa.proto.sip.session_uac import CallParameters
from aywa.proto.sip.uri import parse_uri
from tests.kit.netem import Weather
from tests.kit.sip_messages import ANSWER, BOB, OFFER, request
from tests.kit.sip_pair import Peer, SipPair
from tests.kit.sip_scripts import answer_at_once, dropping, reinvite_pair, status_of

TARGET = ReferTo(parse_uri("sip:carol@192.0.2.3"))


def sessions(pair: SipPair) -> tuple[InviteUsage, InviteUsage]:
    return pair.alice.core.sessions[0], pair.bob.calls[0]


def referral_of(peer: Peer, usage: InviteUsage) -> list[object]:
    return [e for e in peer.events(usage) if isinstance(e, ReferAnswered | ReferReported)]


def taking(peer: Peer, action: CoreAction, now: float) -> None:
    """Take every REFER."""
    if isinstance(action, SessionSaid) and isinstance(action.event, ReferArrived):
        action.usage.answer_refer(202, now)
        peer.core.apply(action.usage, now)


def refusing(peer: Peer, action: CoreAction, now: float) -> None:
    if isinstance(action, SessionSaid) and isinstance(action.event, ReferArrived):
        action.usage.answer_refer(603, now)
        peer.core.apply(action.usage, now)


def asked(*headers: tuple[str, str], drop: tuple[str, ...] = ()) -> tuple[SipPair, InviteUsage, InviteUsage]:
    """Alice has asked Bob to call Carol."""
    pair = reinvite_pair()
    alice, bob = sessions(pair)
    pair.bob.react = taking
    pair.drop = dropping(*drop)
    pair.do(pair.alice, alice, lambda now: alice.refer(TARGET, now, headers=headers))
    pair.run(2)
    return pair, alice, bob


def test_a_call_is_asked_for_and_told_about() -> None:
    pair, alice, bob = asked()
    assert ReferArrived(TARGET) in pair.bob.events(bob)
    for status in (180, 200):
        pair.do(pair.bob, bob, lambda now, status=status: bob.report_refer(status, now))
        pair.run(1)
    assert referral_of(pair.alice, alice) == [
        ReferAnswered(202, reports=True),
        ReferReported(100, last=False),
        ReferReported(180, last=False),
        ReferReported(200, last=True),
    ]
    notifies = [m for m in pair.bob.sent if isinstance(m, Request) and m.method == "NOTIFY"]
    states = [m.headers.get("Subscription-State") for m in notifies]
    assert states == ["active;expires=180", "active;expires=180", "terminated;reason=noresource"]
    assert {m.headers.get("Content-Type") for m in notifies} == {"message/sipfrag;version=2.0"}
    refer = next(m for m in pair.alice.sent if isinstance(m, Request) and m.method == "REFER")
    assert notifies[0].headers.get("Event") == f"refer;id={refer.cseq.number}"
    assert refer.headers.get("Referred-By") == "<sip:alice@192.0.2.1>"
    assert alice.state is bob.state is State.CONFIRMED  # who asked hangs up, when it pleases


def test_the_referred_call_fails() -> None:
    pair, alice, bob = asked()
    pair.do(pair.bob, bob, lambda now: bob.report_refer(486, now))
    pair.run(1)
    assert referral_of(pair.alice, alice)[-1] == ReferReported(486, last=True)


def test_rejected() -> None:
    pair = reinvite_pair()
    alice, bob = sessions(pair)
    pair.bob.react = refusing
    pair.do(pair.alice, alice, lambda now: alice.refer(TARGET, now))
    pair.run(2)
    assert referral_of(pair.alice, alice) == [ReferAnswered(603, reports=False)]
    assert alice.state is bob.state is State.CONFIRMED
    pair.bob.react = taking
    pair.do(pair.alice, alice, lambda now: alice.refer(TARGET, now))  # and once more
    pair.run(2)
    assert referral_of(pair.alice, alice)[1] == ReferAnswered(202, reports=True)


def test_a_notify_that_overtakes_the_answer() -> None:
    pair, alice, _ = asked(drop=("202 REFER",))
    told = referral_of(pair.alice, alice)
    assert told[0] == ReferReported(100, last=False)
    assert ReferAnswered(202, reports=True) in told


def test_nobody_answers() -> None:
    pair = reinvite_pair()
    alice, _ = sessions(pair)
    pair.drop = lambda message, to: status_of(message) == "REFER"
    pair.do(pair.alice, alice, lambda now: alice.refer(TARGET, now))
    pair.run(33)
    assert referral_of(pair.alice, alice) == [ReferAnswered(None, reports=False)]
    assert alice.state is State.CONFIRMED


def test_without_reports() -> None:
    pair, alice, _ = asked(("Refer-Sub", "false"))
    assert referral_of(pair.alice, alice) == [ReferAnswered(200, reports=False)]
    assert not [m for m in pair.bob.sent if isinstance(m, Request) and m.method == "NOTIFY"]


def test_one_at_a_time() -> None:
    pair, alice, _ = asked()
    with pytest.raises(LocalProtocolError):
        alice.refer(TARGET, pair.now)


def notify(pair: SipPair, usage: InviteUsage, *headers: tuple[str, str], body: bytes = b"") -> Response:
    """Bob sends Alice a NOTIFY of these headers; her answer."""
    dialog = pair.bob.calls[0].dialog
    assert dialog is not None
    dialog.local_sequence += 1
    message = request(
        "NOTIFY",
        branch=f"z9hG4bKn{dialog.local_sequence}",
        sequence=dialog.local_sequence,
        to_tag=dialog.remote.tag,
        from_tag=dialog.local.tag or "",
        call_id=usage.call_id,
        headers=headers,
        uri="sip:alice@192.0.2.1",
        body=body,
    )
    if body:
        message.headers.set("Content-Type", "message/sipfrag")
    pair.alice.core.receive(message, BOB, pair.now)
    pair.alice.drain(pair.now)
    answer = pair.alice.sent[-1]
    assert isinstance(answer, Response)
    return answer


def test_strange_notifies() -> None:
    pair, alice, _ = asked()
    assert notify(pair, alice, ("Event", "message-summary")).status == 489
    assert notify(pair, alice).status == 400
    assert notify(pair, alice, ("Event", "refer;id=77")).status == 481
    before = referral_of(pair.alice, alice)
    assert notify(pair, alice, ("Event", "refer"), body=b"nonsense").status == 200
    assert referral_of(pair.alice, alice)[len(before) :] == [ReferReported(100, last=False)]
    over = ("Subscription-State", "terminated;reason=noresource")
    assert notify(pair, alice, ("Event", "refer"), over, body=b"SIP/2.0 100 Trying\r\n").status == 200
    assert referral_of(pair.alice, alice)[-1] == ReferReported(202, last=True)
    assert notify(pair, alice, ("Event", "refer"), over, body=b"SIP/2.0 200 OK\r\n").status == 481
    assert alice.state is State.CONFIRMED


def test_outside_a_session() -> None:
    pair = reinvite_pair()
    for method, status in (("REFER", 603), ("NOTIFY", 481)):
        message = request(method, branch=f"z9hG4bK{method}", headers=(("Refer-To", "<sip:x@192.0.2.9>"),))
        pair.bob.core.receive(message, ("192.0.2.1", 5060), pair.now)
        pair.bob.drain(pair.now)
        answer = pair.bob.sent[-1]
        assert isinstance(answer, Response)
        assert answer.status == status


@pytest.mark.parametrize("value", ["nobody", "<sip:x@h;method=BYE>"])
def test_a_refer_that_cannot_be_read(value: str) -> None:
    pair = reinvite_pair()
    alice, bob = sessions(pair)
    dialog = alice.dialog
    assert dialog is not None
    message = request(
        "REFER",
        branch="z9hG4bKbad",
        sequence=dialog.local_sequence + 1,
        to_tag=bob.local_tag,
        from_tag=alice.local_tag,
        call_id=alice.call_id,
        headers=(("Refer-To", value),),
    )
    pair.bob.core.receive(message, ("192.0.2.1", 5060), pair.now)
    pair.bob.drain(pair.now)
    answer = pair.bob.sent[-1]
    assert isinstance(answer, Response)
    assert answer.status == 400


def test_a_refer_that_waits_when_the_session_ends() -> None:
    pair = reinvite_pair()
    alice, bob = sessions(pair)
    pair.bob.react = lambda peer, action, now: None
    pair.do(pair.alice, alice, lambda now: alice.refer(TARGET, now))
    pair.run(1)
    pair.do(pair.bob, bob, lambda now: bob.hang_up(now))
    pair.run(40)
    assert any(isinstance(m, Response) and status_of(m) == "487 REFER" for m in pair.bob.sent)
    assert not pair.alice.core.sessions
    assert not pair.bob.core.sessions


@pytest.mark.parametrize("seed", range(8))
def test_over_loss(seed: int) -> None:
    pair = SipPair(Weather(loss=0.3), seed)
    pair.bob.react = answer_at_once
    pair.call()
    pair.run(40)
    if not pair.alice.core.sessions:
        return  # the call itself was lost
    alice, bob = sessions(pair)
    pair.bob.react = taking
    pair.do(pair.alice, alice, lambda now: alice.refer(TARGET, now))
    pair.run(33)
    pair.do(pair.bob, bob, lambda now: bob.report_refer(200, now))
    pair.run(33)
    told = referral_of(pair.alice, alice)
    answers = [e for e in told if isinstance(e, ReferAnswered)]
    assert answers in ([ReferAnswered(202, reports=True)], [ReferAnswered(None, reports=False)], [])
    assert ReferReported(200, last=True) in told or answers == [ReferAnswered(None, reports=False)]
    pair.run(60)
    assert pair.alice.core.deadline is None or alice.alive  # nothing but the session's own timers


# --- Replaces ---------------------------------------------------------------------------------------------


def replacing_call(pair: SipPair, value: str) -> Response | None:
    """Somebody at Alice's calls Bob with this Replaces; the refusal, or None when Bob was asked."""
    calls = len(pair.bob.calls)
    pair.bob.react = lambda peer, action, now: None
    parameters = CallParameters(
        parse_uri("sip:bob@192.0.2.2"),
        parse_uri("sip:carol@192.0.2.1"),
        OFFER,
        BOB,
        headers=(("Replaces", value),),
    )
    pair.alice.core.invite(parameters, pair.now)
    pair.alice.drain(pair.now)
    pair.run(1)
    if len(pair.bob.calls) > calls:
        return None
    return [m for m in pair.alice.received if isinstance(m, Response) and m.cseq.method == "INVITE"][-1]


def name_of(bob: InviteUsage) -> Replaces:
    dialog = bob.dialog
    assert dialog is not None
    return Replaces(dialog.call_id, bob.local_tag, dialog.remote.tag or "")


def test_a_session_is_found_by_its_replaces() -> None:
    pair = reinvite_pair()
    alice, bob = sessions(pair)
    found: list[object] = []

    def note(peer: Peer, action: CoreAction, now: float) -> None:
        if isinstance(action, IncomingCall):
            found.append(action.replaces)

    assert replacing_call(pair, str(name_of(bob))) is None
    pair.bob.react = note
    replacing = CallParameters(
        parse_uri("sip:bob@192.0.2.2"),
        parse_uri("sip:carol@192.0.2.1"),
        OFFER,
        BOB,
        headers=(("Replaces", str(name_of(bob))),),
    )
    pair.alice.core.invite(replacing, pair.now)
    pair.alice.drain(pair.now)
    pair.run(1)
    assert found == [bob]
    new = pair.bob.calls[-1]
    pair.do(pair.bob, new, lambda now: new.accept(ANSWER, now))
    pair.run(1)
    pair.do(pair.bob, bob, lambda now: bob.hang_up(now))
    pair.run(1)
    assert any(isinstance(event, Ended) for event in pair.alice.events(alice))
    assert new.state is State.CONFIRMED


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda name: f"{name};early-only", 486),
        (lambda name: str(name).replace("to-tag=", "to-tag=x"), 481),
        (lambda name: str(name).replace("from-tag=", "from-tag=x"), 481),
        (lambda name: "nothing", 400),
    ],
)
def test_what_cannot_be_replaced(change, status: int) -> None:  # type: ignore[no-untyped-def]
    pair = reinvite_pair()
    refusal = replacing_call(pair, change(name_of(sessions(pair)[1])))
    assert refusal is not None
    assert refusal.status == status
    assert sessions(pair)[1].state is State.CONFIRMED


def test_a_session_that_is_ending_is_not_replaced() -> None:
    pair = reinvite_pair()
    _, bob = sessions(pair)
    pair.drop = lambda message, to: status_of(message) == "BYE"
    pair.do(pair.bob, bob, lambda now: bob.hang_up(now))
    refusal = replacing_call(pair, str(name_of(bob)))
    assert refusal is not None
    assert refusal.status == 603
