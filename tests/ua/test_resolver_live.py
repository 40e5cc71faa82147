"""Names looked up at a server of our own, and calls that find the address that works."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import trio

from aywa.errors import TransportError
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings
from aywa.ua import InviteFailed, SipLoad, open_user_agent
from aywa.ua.resolver import Resolver
from tests.kit.fake_dns import open_fake_dns
from tests.kit.sip_agents import ALICE_URI, answer, offer, refuse_calls, talk

pytestmark = [pytest.mark.live, pytest.mark.beside]
LOOPBACK = SipSettings(host="127.0.0.1", port=0)


async def test_answers_are_remembered() -> None:
    zone = {
        ("example.test", "NAPTR"): ('10 10 "s" "SIP+D2U" "" _sip._udp.example.test.',),
        ("_sip._udp.example.test", "SRV"): ("0 1 5070 pbx.example.test.",),
        ("pbx.example.test", "A"): ("127.0.0.5",),
    }
    async with open_fake_dns(zone) as server:
        resolver = Resolver(Random(1), (server.where,))
        with trio.fail_after(10):
            for _ in range(3):
                assert await resolver.addresses(parse_uri("sip:example.test"), 4) == [("127.0.0.5", 5070)]
            with pytest.raises(TransportError, match=r"The host nowhere\.test has no address"):
                await resolver.addresses(parse_uri("sip:nowhere.test"), 4)
        assert {server.asked[key] for key in zone} == {1}


async def test_calls_go_on_to_the_next_address() -> None:
    """Nobody listens at the first, the second is overloaded, the third answers."""
    async with (
        open_user_agent(LOOPBACK, rng=Random(2), on_call=talk, load=lambda: SipLoad(True)) as busy,
        open_user_agent(LOOPBACK, rng=Random(3), on_call=talk) as bob,
    ):
        zone = {
            ("_sip._tcp.example.test", "SRV"): ("0 0 9 gone.example.test.",),
            ("_sip._udp.example.test", "SRV"): (
                f"1 0 {busy.local[1]} gone.example.test.",
                f"2 0 {bob.local[1]} gone.example.test.",
            ),
            ("example.test", "NAPTR"): (
                '10 10 "s" "SIP+D2T" "" _sip._tcp.example.test.',
                '20 10 "s" "SIP+D2U" "" _sip._udp.example.test.',
            ),
            ("gone.example.test", "A"): ("127.0.0.1",),
        }
        async with open_fake_dns(zone) as server:
            settings = replace(LOOPBACK, nameservers=(server.where,))
            async with open_user_agent(settings, rng=Random(1), on_call=refuse_calls) as alice:
                with trio.fail_after(20):
                    session = await alice.invite(
                        parse_uri("sip:bob@example.test"), from_uri=ALICE_URI, offer=offer()
                    )
                    assert session.answer == answer()
                    await session.hangup()
                    # OPTIONS: an answer of any kind is one.
                    assert (await alice.options(parse_uri("sip:example.test"))).status == 503
                assert alice.streams.counters.failed == 2
                assert busy.counters[1].requests == 3  # INVITE, its ACK, OPTIONS


async def test_a_refusal_is_final() -> None:
    async with (
        open_user_agent(LOOPBACK, rng=Random(2), on_call=refuse_calls) as first,
        open_user_agent(LOOPBACK, rng=Random(3), on_call=talk) as second,
    ):
        zone = {
            ("_sip._udp.example.test", "SRV"): (
                f"1 0 {first.local[1]} pbx.example.test.",
                f"2 0 {second.local[1]} pbx.example.test.",
            ),
            ("pbx.example.test", "A"): ("127.0.0.1",),
        }
        async with open_fake_dns(zone) as server:
            settings = replace(LOOPBACK, nameservers=(server.where,))
            async with open_user_agent(settings, rng=Random(1), on_call=refuse_calls) as alice:
                target = parse_uri("sip:bob@example.test;transport=udp")
                with trio.fail_after(20), pytest.raises(InviteFailed) as failure:
                    await alice.invite(target, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 603
        assert second.counters[1].requests == 0
