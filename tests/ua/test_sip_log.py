"""The messages of one call for whoever looks into it: all of them, as on the wire, and of no other."""

from __future__ import annotations

import gc

import pytest
import trio
from trio.testing import MockClock

from aywa.ports.capture import CapturedPacket
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.ua import IncomingCall, InviteFailed
from aywa.ua.sip_log import UNDECIDED_MESSAGES, SipLog
from tests.kit.sip_agents import ALICE_URI, answer, offer, open_agents
from tests.kit.sip_messages import request, response

US = ("192.0.2.2", 5060)


def _words(packets: list[CapturedPacket]) -> list[str]:
    """Who sent what."""
    told = []
    for packet in packets:
        message = parse_datagram(packet.data)
        what = message.method if isinstance(message, Request) else str(message.status)
        told.append(f"{'>' if packet.sent else '<'} {what}")
    return told


async def test_a_call_is_kept_from_its_invite_to_the_answer_to_its_bye(autojump_clock: MockClock) -> None:
    kept: list[CapturedPacket] = []

    async def on_call(call: IncomingCall) -> None:
        call.trace(kept.append)
        await call.ring()
        session = await call.answer(answer())
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        for _ in range(2):
            kept.clear()
            session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
            await session.hangup()
            assert _words(kept) == ["< INVITE", "> 180", "> 200", "< ACK", "< BYE", "> 200"]
            assert [packet.data for packet in kept if packet.sent] == agents.net.sockets[US].log[-3:]
        assert {(packet.local, packet.remote) for packet in kept} == {(US, ("192.0.2.1", 5060))}
        assert all(packet.length == len(packet.data) for packet in kept)
        assert [packet.at_ns for packet in kept] == sorted(packet.at_ns for packet in kept)


async def test_a_call_of_ours_is_kept_with_every_attempt_and_let_go_of_by_itself(
    autojump_clock: MockClock,
) -> None:
    kept: list[CapturedPacket] = []

    async def on_call(call: IncomingCall) -> None:
        if not refused:
            refused.append(call.sip_call_id)
            await call.reject(486)
            return
        await call.ring()
        session = await call.answer(answer())
        await session.wait_ended()

    refused: list[str] = []
    async with open_agents(on_call) as agents:
        log = agents.alice.endpoint.log
        with pytest.raises(InviteFailed):
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer(), trace=kept.append)
        assert _words(kept) == ["> INVITE", "< 100", "< 486", "> ACK"]
        kept.clear()
        session = await agents.alice.invite(
            agents.bob_uri, from_uri=ALICE_URI, offer=offer(), trace=kept.append
        )
        await session.hangup()
        assert _words(kept) == ["> INVITE", "< 100", "< 180", "< 200", "> ACK", "> BYE", "< 200"]
        kept.clear()
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        session.trace(kept.append)  # from here on
        await session.hangup()
        assert _words(kept) == ["> BYE", "< 200"]
        with trio.move_on_after(0.001):
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer(), trace=kept.append)
        await trio.sleep(60)
        assert not log._taps
        assert not log._until_over


async def test_nothing_is_kept_of_a_call_that_nobody_looks_into(autojump_clock: MockClock) -> None:
    async def on_call(call: IncomingCall) -> None:
        log = agents.bob.endpoint.log
        assert list(log._undecided) == [call.sip_call_id]
        if len(calls) == 1:
            call.trace(None)
            assert not log._undecided
        calls.append(call.sip_call_id)
        session = await call.answer(answer())
        await session.wait_ended()

    calls: list[str] = []
    async with open_agents(on_call) as agents:
        for _ in range(2):
            session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
            await session.hangup()
            assert not agents.bob.endpoint.log._undecided
            assert not agents.bob.endpoint.log._taps
    gc.collect()
    assert len(calls) == 2


def _log() -> SipLog:
    def local(peer: Address) -> Address:
        return "bob.example" if isinstance(peer, StreamAddress) else "192.0.2.2", 5060

    return SipLog(local)


def test_what_has_not_been_asked_for_is_bounded() -> None:
    log, kept = _log(), list[CapturedPacket]()
    invite = request()
    log.received(invite.encode(), ("192.0.2.1", 5060))
    log.begin(invite.call_id)
    for _ in range(100):
        log.sent(response(invite, 180).encode(), ("192.0.2.1", 5060))
        log.received(request(call_id="another").encode(), ("192.0.2.1", 5060))
    log.follow(invite.call_id, kept.append)
    assert len(kept) == UNDECIDED_MESSAGES
    log.settle(invite.call_id)
    log.sent(response(invite, 200).encode(), ("192.0.2.1", 5060))
    assert _words(kept[-1:]) == ["> 200"]
    log.drop(invite.call_id)
    log.sent(response(invite, 200).encode(), ("192.0.2.1", 5060))
    assert len(kept) == UNDECIDED_MESSAGES + 1


def test_names_and_other_families_become_addresses_that_a_packet_can_have() -> None:
    log, kept = _log(), list[CapturedPacket]()
    log.follow("call-1@192.0.2.1", kept.append)
    for peer in (
        StreamAddress("192.0.2.1", 5061, Transport.TLS),
        StreamAddress("2001:db8::1", 5061, Transport.TLS),
        ("fe80::1%eth0", 5060),
    ):
        log.sent(request().encode(), peer)
    assert [(packet.local[0], packet.remote[0]) for packet in kept] == [
        ("0.0.0.0", "192.0.2.1"),
        ("::", "2001:db8::1"),
        ("::", "fe80::1"),
    ]
