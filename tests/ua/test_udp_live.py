"""Real sockets on loopback."""

from __future__ import annotations

import socket
from random import Random

import pytest
import trio

from aywa.errors import TransportError
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, InviteFailed, SipCallEnded, UserAgent, open_user_agent
from aywa.ua.udp import open_udp
from tests.kit.sip_agents import ALICE_URI, answer, offer, refuse_calls, talk

pytestmark = [pytest.mark.live, pytest.mark.beside]
LOOPBACK = SipSettings(host="127.0.0.1", port=0)


async def test_calls_over_loopback() -> None:
    async with (
        open_user_agent(LOOPBACK, rng=Random(1), on_call=refuse_calls) as alice,
        open_user_agent(LOOPBACK, rng=Random(2), on_call=talk) as bob,
    ):
        target = Uri("sip", "bob", host="127.0.0.1", port=bob.local[1])
        assert (await alice.options(target)).status == 200
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                for _ in range(20):
                    nursery.start_soon(one_call, alice, target)
        assert bob.counters[0].faults == alice.counters[0].faults == 0
        assert alice.endpoint.core.sessions == []


async def one_call(alice: UserAgent, target: Uri) -> None:
    session = await alice.invite(target, from_uri=ALICE_URI, offer=offer())
    assert session.answer == answer()
    await session.hangup()
    assert session.ended is not None
    assert session.ended.sip_status == 200


async def test_port_taken_is_one_sentence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(TransportError) as error:
            async with open_user_agent(SipSettings(port=port), rng=Random(1), on_call=refuse_calls):
                pass
    assert error.value.detail == f"Cannot receive SIP on 127.0.0.1:{port}: Address already in use."


@pytest.mark.parametrize("host", ["203.0.113.77", "not a host", "::1%nope"])
def test_address_that_is_not_ours(host: str) -> None:
    with pytest.raises(TransportError, match="Cannot receive SIP on"):
        open_udp(host, 0)


async def test_icmp_errors_do_not_stop_the_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()
    ours = open_udp("127.0.0.1", 0)
    try:
        # Linux reports ICMP errors to a socket only when asked, as a connected or IP_RECVERR socket is.
        ours._raw.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
        for _ in range(3):
            ours.send_nowait(b"hello", nobody)
        ours.send_nowait(b"to myself", ours.local)
        with trio.fail_after(5):
            batch = await ours.receive()
        assert batch == [(b"to myself", ours.local)]
        assert ours.errors > 0
    finally:
        ours.close()


async def test_incoming_call_ended_by_cancel_over_loopback() -> None:
    seen: list[bool] = []

    async def on_call(call: IncomingCall) -> None:
        await call.ring()
        await call.wait_cancelled()
        with pytest.raises(SipCallEnded):
            await call.answer(answer())
        seen.append(True)

    async with (
        open_user_agent(LOOPBACK, rng=Random(1), on_call=refuse_calls) as alice,
        open_user_agent(LOOPBACK, rng=Random(2), on_call=on_call) as bob,
    ):
        target = Uri("sip", "bob", host="localhost", port=bob.local[1])
        with trio.fail_after(10), pytest.raises(InviteFailed):
            await alice.invite(target, from_uri=ALICE_URI, offer=offer(), ring_timeout_s=0.2)
    assert seen == [True]
