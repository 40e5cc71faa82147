"""RFC 4475 and RFC 5118 on the wire: each message to a live user agent, over UDP and over TCP.

Every answer must be one that the RFC allows, garbage makes no call, and an OPTIONS right behind each message
is answered at once.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
import trio

from aywa.proto.sdp.audio import LocalAudio, NoCommonCodec
from aywa.proto.sdp.offer_answer import accept_offer, make_offer
from aywa.proto.sip.stream_address import Transport
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, UserAgent, open_user_agent
from tests.kit.torture_wire import Heard, Torturer, header, open_torturer, status_of
from tests.kit.vectors.rfc4475 import INVALID, PARSED
from tests.kit.vectors.rfc5118 import RFC5118
from tests.kit.vectors.torture_answers import ANSWERS, ANSWERS_IPV6, SILENCE, Allowed

pytestmark = pytest.mark.live
TESTER = "127.44.75.1"  # an address of loopback where nobody else has port 5060
RFC4475 = {**PARSED, **{name: data for name, (data, _) in INVALID.items()}}
LOCAL = LocalAudio("127.0.0.1", 40_000)
NEEDED = {405: "Allow", 501: "Allow", 415: "Accept", 406: "Accept", 420: "Unsupported"}
CUT_SHORT = ("clerr",)  # on a stream the rest is waited for
TWO_MESSAGES = ("dblreq",)  # on a stream what follows a body is the next message: an INVITE without Contact
UNREADABLE_TO = ("quotbal", "badaspec", "baddn")
TAG = re.compile(rb";[ \t]*tag[ \t]*=")
CONTROL_CPU_S = 0.2


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


def judge(name: str, heard: Heard, answers: frozenset[int]) -> list[str]:
    """What is wrong with the answers to one message."""
    wrong = [f"{name}: {status}" for status in heard.finals - answers]
    for response in heard.responses:
        needed = NEEDED.get(status_of(response))
        if needed and not header(response, needed):
            wrong.append(f"{name}: {status_of(response)} without {needed}")
        to = header(response, "To")
        if status_of(response) > 100 and to and name not in UNREADABLE_TO and not TAG.search(to):
            wrong.append(f"{name}: To without a tag")
    if heard.control_cpu_s > CONTROL_CPU_S:
        wrong.append(f"{name}: the control took {heard.control_cpu_s:.3f} s of CPU")
    return wrong


async def send_all(
    messages: dict[str, bytes], allowed: dict[str, Allowed], host: str, tester: str, *, tcp: bool
) -> dict[str, Heard]:
    """Send each; asserts all of it at the end, so that one failure shows every one."""
    wrong: list[str] = []
    heard: dict[str, Heard] = {}
    assert messages.keys() == allowed.keys()
    async with served(host, tester) as (callee, _, sender):
        for name, data in messages.items():
            rule, before = allowed[name], callee.calls
            answers = rule.tcp if tcp and rule.tcp is not None else rule.answers
            if tcp:
                expected = 0 if answers == {SILENCE} else 1 + (name in TWO_MESSAGES)
                heard[name] = await sender.over_tcp(data, ends=name in CUT_SHORT, expected=expected)
            else:
                heard[name] = await sender.over_udp(data)
            two = tcp and name in TWO_MESSAGES
            wrong += judge(name, heard[name], answers | {400} if two else answers)
            if callee.calls > before and not (rule.calls or two):
                wrong.append(f"{name}: a call was made of it")
    assert not wrong, wrong
    return heard


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
async def test_49_of_49(tcp: bool) -> None:
    heard = await send_all(RFC4475, ANSWERS, "127.0.0.1", TESTER, tcp=tcp)
    assert len(heard) == 49
    answered = {name for name, each in heard.items() if each.finals != {SILENCE}}
    assert heard.keys() - answered == {"unreason", "noreason", "scalarlg", "bigcode", "bcast"}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(("host", "tester"), [("127.0.0.1", TESTER), ("::1", "::1")], ids=["ipv4", "ipv6"])
async def test_10_sections_of_rfc_5118(tcp: bool, host: str, tester: str) -> None:
    heard = await send_all(RFC5118, ANSWERS_IPV6, host, tester, tcp=tcp)
    assert len({name.split()[0] for name in heard}) == 10
    assert all(each.finals != {SILENCE} for each in heard.values())
