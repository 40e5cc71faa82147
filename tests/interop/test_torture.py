"""RFC 4475 and RFC 5118 on the wire: each message to a live user agent, over UDP and over TCP.

Every answer must be one that the RFC allows, garbage makes no call, and an OPTIONS right behind each message
is answered at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
import trio

from aywa.proto.sdp.audio import LocalAudio, NoCommonCodec
from aywa.proto.sdp.offer_answer import accept_offer, make_offer
from aywa.proto.sip.stream_address import Transport
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, UserAgent, open_user_agent
from tests.kit.torture_judge import RFC4475, TESTER, ask, may_call, summary
from tests.kit.torture_wire import Heard, Torturer, open_torturer
from tests.kit.vectors.rfc5118 import RFC5118
from tests.kit.vectors.torture_answers import ANSWERS, ANSWERS_IPV6, SILENCE, Allowed

pytestmark = [pytest.mark.live, pytest.mark.paired]
LOCAL = LocalAudio("127.0.0.1", 40_000)


class Callee:
    """Answers what it can, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    async def take(self, call: IncomingCall) -> None:
        self.calls += 1
        try:
            answer = make_offer(LOCAL, 1, 1) if call.offer is None else accept_offer(call.offer, LOCAL).answer
        except NoCommonCodec:
            await call.reject(488)
            return
        session = await call.answer(answer)
        await session.wait_ended()


@asynccontextmanager
async def served(host: str, tester: str) -> AsyncIterator[tuple[Callee, UserAgent, Torturer]]:
    callee = Callee()
    settings = SipSettings(host=host, port=0, tcp_port=0, trunks=(tester,))
    async with (
        open_user_agent(settings, rng=Random(1), on_call=callee.take) as agent,
        open_torturer(agent.local, agent.streams.local[Transport.TCP], tester) as sender,
    ):
        with trio.fail_after(60):
            yield callee, agent, sender
            await agent.endpoint.wait_quiet()
        assert agent.endpoint.counters.faults == 0


async def send_all(
    messages: dict[str, bytes], allowed: dict[str, Allowed], host: str, tester: str, *, tcp: bool
) -> dict[str, Heard]:
    """Send each; asserts all of it at the end, so that one failure shows every one."""
    wrong: list[str] = []
    heard: dict[str, Heard] = {}
    assert messages.keys() == allowed.keys()
    async with served(host, tester) as (callee, _, sender):
        for name, data in messages.items():
            before = callee.calls
            heard[name], said = await ask(sender, name, data, allowed[name], tcp=tcp)
            wrong += said
            if callee.calls > before and not may_call(name, allowed[name], tcp=tcp):
                wrong.append(f"{name}: a call was made of it")
    assert not wrong, wrong
    return heard


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
async def test_49_of_49(tcp: bool, record_property: Callable[[str, object], None]) -> None:
    heard = await send_all(RFC4475, ANSWERS, "127.0.0.1", TESTER, tcp=tcp)
    record_property("shown", summary(heard))
    assert len(heard) == 49
    answered = {name for name, each in heard.items() if each.finals != {SILENCE}}
    assert heard.keys() - answered == {"unreason", "noreason", "scalarlg", "bigcode", "bcast"}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(("host", "tester"), [("127.0.0.1", TESTER), ("::1", "::1")], ids=["ipv4", "ipv6"])
async def test_10_sections_of_rfc_5118(
    tcp: bool, host: str, tester: str, record_property: Callable[[str, object], None]
) -> None:
    heard = await send_all(RFC5118, ANSWERS_IPV6, host, tester, tcp=tcp)
    record_property("shown", summary(heard))
    assert len({name.split()[0] for name in heard}) == 10
    assert all(each.finals != {SILENCE} for each in heard.values())
