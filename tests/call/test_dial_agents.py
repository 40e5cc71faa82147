"""Dialling through two user agents of ours on an emulated network: crossings, losses, redirects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random

import pytest
import trio
from trio.testing import MockClock

from aywa.call.dependencies import CallDependencies
from aywa.call.dial import DialFailed, DialOutcome, DialRequest, dial
from aywa.call.dial_gate import DialGate, Dialling
from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.settings import DialLimits, SipSettings, TrunkDialling, TrunkSettings
from aywa.ua import IncomingCall, UserAgent, open_user_agent
from tests.kit.call_world import CallWorld, dial_time, happens
from tests.kit.netem import Weather
from tests.kit.sip_agents import refuse_calls
from tests.kit.sip_sockets import MemoryNet, open_memory_net

NUMBER = "+493012345678"
REQUEST = DialRequest(NUMBER, ring_timeout_s=20.0, early_media=True)
CALLER, PBX, ELSEWHERE = "192.0.2.1", "192.0.2.2", "192.0.2.3"
MANY = DialLimits(concurrent=100, per_second=100)
TRUNK = TrunkSettings(
    "pbx", dial=TrunkDialling(f"sip:{PBX}", callers=("+4930990",), users=("2XX",), limits=MANY)
)


@dataclass
class Network:
    """Who dials, who is called, and what was seen."""

    net: MemoryNet
    caller: UserAgent
    called: list[UserAgent]
    world: CallWorld
    dependencies: CallDependencies
    rang: list[str] = field(default_factory=list)

    def sent(self, method: str) -> list[Request]:
        """The caller's requests of a method, without repetitions."""
        found = [parse_datagram(data) for data in self.net.sockets[(CALLER, 5060)].log]
        wanted = [each for each in found if isinstance(each, Request) and each.method == method]
        return list({each.via.branch: each for each in wanted}.values())

    async def quiet(self) -> None:
        """Wait until nobody is in a session, and every port is given back."""
        agents = [self.caller, *self.called]
        await happens(lambda: not any(list(agent.endpoint.core.sessions) for agent in agents), 90)
        assert all(port.released for port in self.world.engine.ports)


@asynccontextmanager
async def open_network(
    on_call: Callable[[IncomingCall], Awaitable[None]], *, weather: Weather | None = None, seed: int = 1
) -> AsyncIterator[Network]:
    """A trunk at PBX, and somebody else at ELSEWHERE; both do with calls what they are told."""
    settings = SipSettings(trunks=("192.0.2.0/24",), named_trunks=(TRUNK,))
    world = CallWorld()
    gate = DialGate([TRUNK], replace(world.dial_settings, per_key=MANY), dial_time)
    async with (
        open_memory_net(weather, seed) as net,
        open_user_agent(
            settings, rng=Random(seed), on_call=refuse_calls, socket=net.socket(CALLER)
        ) as caller,
        open_user_agent(settings, rng=Random(seed + 1), on_call=on_call, socket=net.socket(PBX)) as pbx,
        open_user_agent(
            settings, rng=Random(seed + 2), on_call=on_call, socket=net.socket(ELSEWHERE)
        ) as elsewhere,
    ):
        dependencies = replace(world.dependencies(), dialling=Dialling(caller, gate))
        yield Network(net, caller, [pbx, elsewhere], world, dependencies)


async def answers(call: IncomingCall) -> None:
    """Ring, be heard, answer after two seconds, and stay."""
    assert call.offer is not None
    described = accept_offer(call.offer, LocalAudio(PBX, 41_000), session_id=7).answer
    await call.ring()
    await call.progress(described)
    await trio.sleep(2)
    session = await call.answer(described)
    await session.wait_ended()


async def test_a_call_over_the_wire(autojump_clock: MockClock) -> None:
    async with open_network(answers) as network:
        async with dial(REQUEST, network.dependencies) as dialled:
            (invite,) = network.sent("INVITE")
            assert str(invite.uri) == f"sip:{NUMBER}@{PBX}"
            assert invite.from_.uri.user == "+4930990"
            assert dialled.sip.sip_call_id == invite.call_id
            assert network.world.engine.legs[0].remote == (PBX, 41_000)
        assert len(network.sent("BYE")) == 1
        await network.quiet()


@pytest.mark.parametrize("seed", range(12))
async def test_cancelling_at_any_moment_in_any_weather_leaves_nobody(
    autojump_clock: MockClock, seed: int
) -> None:
    """Around the answer, which crosses the CANCEL or is crossed by it."""
    rng = Random(seed)
    weather = Weather(loss=0.25 if seed % 2 else 0.0, delay_s=0.02, jitter_s=0.2)
    async with open_network(answers, weather=weather, seed=seed) as network:
        with trio.move_on_after(rng.uniform(0.0, 0.5) if seed % 3 else rng.uniform(1.9, 2.6)):
            async with dial(REQUEST, network.dependencies):
                await trio.sleep_forever()
        await network.quiet()


async def test_what_is_not_answered_in_time_is_cancelled_with_its_reason(
    autojump_clock: MockClock,
) -> None:
    async def rings(call: IncomingCall) -> None:
        await call.ring()
        await trio.sleep(60)

    async with open_network(rings) as network:
        began = trio.current_time()
        with pytest.raises(DialFailed) as failed:
            async with dial(REQUEST, network.dependencies):
                pytest.fail("nobody answered")
        assert failed.value.outcome is DialOutcome.NO_ANSWER
        assert trio.current_time() - began < 22.1
        (cancel,) = network.sent("CANCEL")
        assert cancel.headers.get("Reason") == 'SIP;cause=408;text="no answer in time"'
        await network.quiet()


@pytest.mark.parametrize(
    ("contact", "follows"),
    [
        (f"<sip:+493087654321@{PBX}>", True),
        (f"<sip:210@{PBX}>", True),
        (f"<sip:+493087654321@{ELSEWHERE}>", False),
        (f"<sip:+33123456789@{PBX}>", False),
        (f"<sip:+49900123456@{PBX}>", False),
        (f"<sip:00882123456789@{PBX}>", False),
        (f"<sip:310@{PBX}>", False),
        (f"<sip:210@{PBX};maddr={ELSEWHERE}>", False),
        (f"<sip:210@{ELSEWHERE}?Route=x>", False),
        ("<tel:+493087654321>", False),
    ],
)
async def test_redirects_lead_nowhere_that_calls_may_not(
    autojump_clock: MockClock, contact: str, follows: bool
) -> None:
    async def redirects(call: IncomingCall) -> None:
        if NUMBER in str(call.to) and not seen:
            seen.append(str(call.to))
            await call.reject(302, None, (("Contact", contact),))
        else:
            seen.append(contact)
            await answers(call)

    seen: list[str] = []
    async with open_network(redirects) as network:
        if follows:
            async with dial(REQUEST, network.dependencies):
                assert len(seen) == 2
        else:
            with pytest.raises(DialFailed) as failed:
                async with dial(REQUEST, network.dependencies):
                    pytest.fail("followed")
            assert (failed.value.outcome, failed.value.sip_status) == (DialOutcome.FAILED, 302)
            assert len(seen) == len(network.sent("INVITE")) == 1
        await network.quiet()
