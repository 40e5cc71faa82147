"""Two user agents under Trio on an emulated network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.parse import parse_sdp
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, UserAgent, open_user_agent
from tests.kit.netem import Weather
from tests.kit.sip_messages import ANSWER, OFFER
from tests.kit.sip_sockets import MemoryNet, open_memory_net

ALICE_URI = parse_uri("sip:alice@192.0.2.1")
BOB_URI = parse_uri("sip:bob@192.0.2.2")


def offer() -> SessionDescription:
    """What Alice offers."""
    return parse_sdp(OFFER)


def answer() -> SessionDescription:
    """What Bob answers."""
    return parse_sdp(ANSWER)


async def refuse_calls(call: IncomingCall) -> None:
    """An application that takes no calls."""
    await call.reject(603)


async def talk(call: IncomingCall) -> None:
    """An application that answers and stays until the caller hangs up."""
    await call.ring()
    session = await call.answer(answer())
    await session.wait_ended()


@dataclass(frozen=True, slots=True)
class Agents:
    """Alice calls, Bob is called."""

    net: MemoryNet
    alice: UserAgent
    bob: UserAgent
    bob_uri: Uri = BOB_URI


@asynccontextmanager
async def open_agents(
    on_call: Callable[[IncomingCall], Awaitable[None]] = talk, weather: Weather | None = None, seed: int = 1
) -> AsyncIterator[Agents]:
    """Both user agents, each knowing the other as a trunk."""
    # Ten thousand datagrams in a second of emulated time are no flood here.
    settings = SipSettings(trunks=("192.0.2.0/24",), trunk_rate=1_000_000)
    async with (
        open_memory_net(weather, seed) as net,
        open_user_agent(
            settings, rng=Random(seed + 1), on_call=refuse_calls, socket=net.socket("192.0.2.1")
        ) as alice,
        open_user_agent(
            settings, rng=Random(seed + 2), on_call=on_call, socket=net.socket("192.0.2.2")
        ) as bob,
    ):
        yield Agents(net, alice, bob)
