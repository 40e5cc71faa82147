"""More requests than can be remembered: answered all the same, and memory stays where it is."""

from __future__ import annotations

import pytest

from aywa.proto.sip.core import SipLoad, UserAgentCore
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Response
from aywa.proto.sip.transactions import CROWD
from tests.kit.sip_messages import ALICE, OFFER, identity, request


def flooded(method: str, count: int, *, overloaded: bool = False) -> tuple[UserAgentCore, list[int]]:
    """A core that has had `count` requests of its own each, and the final statuses."""
    core = UserAgentCore(identity(), load=lambda: SipLoad(overloaded))
    statuses: list[int] = []
    for number in range(count):
        asked = request(
            method, branch=f"z9hG4bK{number}", call_id=f"c{number}", body=OFFER if overloaded else b""
        )
        core.receive(asked, ALICE, 0.0)
        sent = [action.message for action in core.actions() if isinstance(action, Transmit)]
        statuses += [message.status for message in sent if isinstance(message, Response)]
    return core, [status for status in statuses if status >= 200]


@pytest.mark.parametrize(
    ("method", "status"),
    [("OPTIONS", 200), ("REGISTER", 405), ("NONSENSE", 501), ("BYE", 481), ("CANCEL", 481)],
)
def test_a_crowd_is_answered_without_state(method: str, status: int) -> None:
    core, statuses = flooded(method, CROWD + 500)
    assert statuses == [status] * (CROWD + 500)
    assert len(core.transactions) == CROWD
    assert core.transactions.counters.forgotten == 500
    now = 0.0
    while (deadline := core.deadline) is not None:
        now = deadline
        core.handle_timers(now)
        list(core.actions())
    assert len(core.transactions) == 0
    assert now <= 64.0


def test_a_call_that_nobody_has_room_for_is_refused_without_state() -> None:
    core, statuses = flooded("INVITE", 100, overloaded=True)
    assert statuses == [503] * 100
    assert (len(core.transactions), core.deadline) == (0, None)
    tags = []
    for at in (40.0, 40.5):  # a copy is asked about again, and hears the same
        core.receive(request(body=OFFER, branch="z9hG4bKcopy", call_id="copy"), ALICE, at)
        *_, action = core.actions()
        assert isinstance(action, Transmit)
        assert isinstance(action.message, Response)
        assert action.message.status == 503
        tags.append(action.message.to.tag)
    assert tags[0] == tags[1] is not None
    ack = request("ACK", branch="z9hG4bKcopy", call_id="copy")
    core.receive(ack, ALICE, 41.0)
    assert list(core.actions()) == []


def test_a_call_in_a_crowd_keeps_its_transactions() -> None:
    core, _ = flooded("OPTIONS", CROWD + 10)
    core.receive(request(body=OFFER, branch="z9hG4bKcall", call_id="the call"), ALICE, 0.0)
    (call,) = core.sessions
    assert len(core.transactions) == CROWD + 1
    core.receive(request(body=OFFER, branch="z9hG4bKcall", call_id="the call"), ALICE, 0.1)
    assert core.sessions == [call]
    assert core.transactions.counters.retransmissions == 1
