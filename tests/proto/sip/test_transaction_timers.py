"""The four transactions against the timers of RFC 3261 §17, with literal times and no clock."""

from __future__ import annotations

import pytest

from aywa.errors import LocalProtocolError
from aywa.proto.sip import invite_client, invite_server, non_invite_client, non_invite_server
from aywa.proto.sip.invite_client import InviteClientTransaction
from aywa.proto.sip.invite_server import InviteServerTransaction
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.non_invite_client import NonInviteClientTransaction
from aywa.proto.sip.non_invite_server import NonInviteServerTransaction
from aywa.proto.sip.timers import Timer, TimerTable
from aywa.proto.sip.transaction_actions import Deliver, Failed, Failure, Send
from tests.kit.sip_messages import request, response

Transaction = (
    InviteClientTransaction
    | InviteServerTransaction
    | NonInviteClientTransaction
    | NonInviteServerTransaction
)


def sends(transaction: Transaction, until: float) -> list[float]:
    """Run the timers up to `until` and say when something was sent."""
    times = []
    while transaction.deadline is not None and transaction.deadline <= until:
        now = transaction.deadline
        transaction.handle_timers(now)
        times += [now for action in transaction.actions() if isinstance(action, Send)]
    return times


def names(transaction: Transaction) -> list[str]:
    """The pending actions in short."""
    out = []
    for action in transaction.actions():
        match action:
            case Send(Request() as message):
                out.append(f"send {message.method}")
            case Send(Response() as message):
                out.append(f"send {message.status}")
            case Deliver(message):
                out.append(f"deliver {message.status}")
            case Failed(why):
                out.append(why.name)
    return out


def test_every_timer_says_what_it_does() -> None:
    assert [timer.name for timer in Timer] == list("ABCDEFGHIJKLM")
    assert all(len(timer.value) > 10 for timer in Timer)


def test_table_fires_in_order_of_deadlines() -> None:
    table: TimerTable[Timer] = TimerTable()
    table.set(Timer.B, 2.0)
    table.set(Timer.A, 1.0)
    assert table.deadline == 1.0
    assert table.pop_due(0.9) is None
    assert [table.pop_due(5.0), table.pop_due(5.0), table.pop_due(5.0)] == [
        (Timer.A, 1.0),
        (Timer.B, 2.0),
        None,
    ]


def test_a_doubles_until_b() -> None:
    transaction = InviteClientTransaction(request(), now=100.0)
    assert names(transaction) == ["send INVITE"]
    assert sends(transaction, 131.9) == [100.5, 101.5, 103.5, 107.5, 115.5, 131.5]
    transaction.handle_timers(132.0)
    assert names(transaction) == [Failure.NO_RESPONSE.name]
    assert transaction.state is invite_client.State.TERMINATED
    assert transaction.deadline is None


def test_late_wake_up_does_not_send_a_burst() -> None:
    transaction = InviteClientTransaction(request(), now=0.0)
    names(transaction)
    transaction.handle_timers(20.0)
    assert names(transaction) == ["send INVITE"]


def test_provisional_stops_a_and_b() -> None:
    transaction = InviteClientTransaction(request(), now=0.0)
    transaction.receive_response(response(request(), 180), 0.4)
    assert names(transaction) == ["send INVITE", "deliver 180"]
    assert transaction.deadline is None
    transaction.receive_response(response(request(), 183), 50.0)
    assert names(transaction) == ["deliver 183"]


def test_failure_is_acknowledged_and_absorbed_until_d() -> None:
    transaction = InviteClientTransaction(request(), now=0.0)
    transaction.receive_response(response(request(), 486), 1.0)
    assert names(transaction) == ["send INVITE", "send ACK", "deliver 486"]
    transaction.receive_response(response(request(), 486), 2.0)
    transaction.receive_response(response(request(), 180), 2.0)
    transaction.receive_response(response(request(), 200), 2.0)
    assert names(transaction) == ["send ACK"]
    assert transaction.deadline == 33.0  # D, not moved by the retransmission
    transaction.handle_timers(33.0)
    assert transaction.state is invite_client.State.TERMINATED


def test_every_2xx_is_delivered_until_m() -> None:
    transaction = InviteClientTransaction(request(), now=0.0)
    transaction.receive_response(response(request(), 200), 1.0)
    transaction.receive_response(response(request(), 200, tag="other-branch"), 2.0)
    transaction.receive_response(response(request(), 486), 2.0)
    assert names(transaction) == ["send INVITE", "deliver 200", "deliver 200"]
    assert transaction.deadline == 33.0
    transaction.handle_timers(33.0)
    transaction.receive_response(response(request(), 200), 34.0)
    assert names(transaction) == []
    assert transaction.state is invite_client.State.TERMINATED


def test_client_transport_error() -> None:
    transaction = InviteClientTransaction(request(), now=0.0)
    transaction.transport_failed(0.0)
    assert names(transaction) == ["send INVITE", "TRANSPORT"]
    acknowledged = InviteClientTransaction(request(), now=0.0)
    acknowledged.receive_response(response(request(), 486), 1.0)
    names(acknowledged)
    acknowledged.transport_failed(1.0)
    assert names(acknowledged) == []
    assert acknowledged.state is invite_client.State.TERMINATED


def test_reliable_transport_does_not_retransmit() -> None:
    transaction = InviteClientTransaction(request(), now=0.0, reliable=True)
    assert sends(transaction, 31.9) == []
    transaction.receive_response(response(request(), 404), 31.9)
    transaction.handle_timers(31.9)
    assert transaction.state is invite_client.State.TERMINATED


def test_e_doubles_to_t2_until_f() -> None:
    transaction = NonInviteClientTransaction(request("BYE"), now=0.0)
    assert names(transaction) == ["send BYE"]
    assert sends(transaction, 31.9) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    transaction.handle_timers(32.0)
    assert names(transaction) == ["NO_RESPONSE"]


def test_e_is_t2_once_a_provisional_came() -> None:
    transaction = NonInviteClientTransaction(request("OPTIONS"), now=0.0)
    transaction.receive_response(response(request("OPTIONS"), 100), 0.1)
    assert names(transaction) == ["send OPTIONS", "deliver 100"]
    assert sends(transaction, 12.0) == [0.5, 4.5, 8.5]
    transaction.handle_timers(32.0)
    assert transaction.state is non_invite_client.State.TERMINATED


def test_provisional_then_final_or_transport_error() -> None:
    transaction = NonInviteClientTransaction(request("OPTIONS"), now=0.0)
    for status in (100, 100, 200):
        transaction.receive_response(response(request("OPTIONS"), status), 0.1)
    assert names(transaction) == ["send OPTIONS", "deliver 100", "deliver 100", "deliver 200"]
    other = NonInviteClientTransaction(request("OPTIONS"), now=0.0)
    other.receive_response(response(request("OPTIONS"), 100), 0.1)
    other.transport_failed(0.2)
    assert names(other) == ["send OPTIONS", "deliver 100", "TRANSPORT"]
    third = NonInviteClientTransaction(request("OPTIONS"), now=0.0)
    third.transport_failed(0.0)
    assert names(third) == ["send OPTIONS", "TRANSPORT"]


def test_final_response_is_delivered_once_until_k() -> None:
    transaction = NonInviteClientTransaction(request("BYE"), now=0.0)
    transaction.receive_response(response(request("BYE"), 200), 1.0)
    transaction.receive_response(response(request("BYE"), 200), 1.1)
    assert names(transaction) == ["send BYE", "deliver 200"]
    assert transaction.deadline == 6.0
    transaction.transport_failed(2.0)
    transaction.handle_timers(6.0)
    assert transaction.state is non_invite_client.State.TERMINATED


def test_g_doubles_to_t2_until_h() -> None:
    transaction = InviteServerTransaction(request(), now=0.0)
    transaction.respond(response(request(), 486), 0.0)
    assert names(transaction) == ["send 100", "send 486"]
    assert sends(transaction, 31.9) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    transaction.handle_timers(32.0)
    assert names(transaction) == ["NO_ACK"]
    assert transaction.state is invite_server.State.TERMINATED


def test_ack_stops_g_and_is_absorbed_until_i() -> None:
    transaction = InviteServerTransaction(request(), now=0.0)
    transaction.respond(response(request(), 486), 0.0)
    transaction.receive_ack(0.2)
    transaction.receive_ack(0.3)
    transaction.receive_invite(0.4)
    assert names(transaction) == ["send 100", "send 486"]
    assert transaction.deadline == 5.2
    transaction.handle_timers(5.2)
    assert transaction.state is invite_server.State.TERMINATED
    transaction.receive_invite(6.0)
    transaction.receive_ack(6.0)
    assert names(transaction) == []


def test_invite_again_brings_the_last_response_again() -> None:
    transaction = InviteServerTransaction(request(), now=0.0)
    transaction.receive_invite(0.5)
    transaction.respond(response(request(), 180), 0.6)
    transaction.receive_invite(1.5)
    assert names(transaction) == ["send 100", "send 100", "send 180", "send 180"]
    transaction.respond(response(request(), 486), 2.0)
    transaction.receive_invite(2.1)
    assert names(transaction) == ["send 486", "send 486"]


def test_accepted_absorbs_invites_until_l() -> None:
    transaction = InviteServerTransaction(request(), now=0.0)
    transaction.respond(response(request(), 200), 1.0)
    transaction.receive_invite(1.2)
    transaction.receive_ack(1.3)
    assert names(transaction) == ["send 100", "send 200"]
    transaction.respond(response(request(), 200), 1.5)  # the session's own retransmission
    assert names(transaction) == ["send 200"]
    assert transaction.deadline == 33.0
    transaction.handle_timers(33.0)
    assert transaction.state is invite_server.State.TERMINATED


def test_second_final_response_is_our_bug() -> None:
    transaction = InviteServerTransaction(request(), now=0.0)
    transaction.respond(response(request(), 486), 0.0)
    with pytest.raises(LocalProtocolError):
        transaction.respond(response(request(), 200), 0.1)
    other = NonInviteServerTransaction(request("BYE"), now=0.0)
    other.respond(response(request("BYE"), 200), 0.0)
    with pytest.raises(LocalProtocolError):
        other.respond(response(request("BYE"), 200), 0.1)


def test_request_again_brings_the_response_again_until_j() -> None:
    transaction = NonInviteServerTransaction(request("OPTIONS"), now=0.0)
    transaction.receive_request(0.1)
    assert names(transaction) == []
    transaction.respond(response(request("OPTIONS"), 100), 0.2)
    transaction.receive_request(0.3)
    transaction.respond(response(request("OPTIONS"), 100), 0.4)
    transaction.respond(response(request("OPTIONS"), 200), 0.5)
    transaction.receive_request(0.7)
    assert names(transaction) == ["send 100", "send 100", "send 100", "send 200", "send 200"]
    assert transaction.deadline == 32.5
    transaction.handle_timers(32.5)
    transaction.receive_request(33.0)
    assert names(transaction) == []
    assert transaction.state is non_invite_server.State.TERMINATED


@pytest.mark.parametrize("status", [100, 486])
def test_server_transport_error(status: int) -> None:
    transaction = InviteServerTransaction(request(), now=0.0)
    transaction.respond(response(request(), status), 0.0)
    names(transaction)
    transaction.transport_failed(0.1)
    assert names(transaction) == ["TRANSPORT"]
    assert transaction.deadline is None
    other = NonInviteServerTransaction(request("OPTIONS"), now=0.0)
    other.respond(response(request("OPTIONS"), status), 0.0)
    names(other)
    other.transport_failed(0.1)
    assert names(other) == ["TRANSPORT"]
