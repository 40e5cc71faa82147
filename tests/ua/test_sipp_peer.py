"""Against sipp, whose SIP is not ours: it calls us, and we call it."""

from __future__ import annotations

import shutil
from functools import partial
from random import Random

import pytest
import trio

from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer, make_offer
from aywa.proto.sip.stream_address import Transport
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, SessionEnded, UserAgent, open_user_agent
from tests.kit.sip_agents import ALICE_URI, refuse_calls

pytestmark = [
    pytest.mark.interop,
    pytest.mark.beside,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed"),
]
LOOPBACK = SipSettings(host="127.0.0.1", port=0)
COMMON = ("-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-timeout", "30")


async def answer_it(call: IncomingCall) -> None:
    await call.ring()
    assert call.offer is not None
    session = await call.answer(accept_offer(call.offer, LocalAudio("127.0.0.1", 16400)).answer)
    await session.wait_ended()


async def test_sipp_calls_us() -> None:
    async with open_user_agent(LOOPBACK, rng=Random(1), on_call=answer_it) as agent:
        us = f"127.0.0.1:{agent.local[1]}"
        command = ["sipp", us, "-sn", "uac", *COMMON, "-p", "15190", "-d", "200", "-m", "50", "-r", "50"]
        with trio.fail_after(40):
            done = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)
        assert done.returncode == 0, done.stderr
        assert agent.counters[0].faults == agent.counters[0].broken == 0


async def test_sipp_calls_us_over_tcp() -> None:
    settings = SipSettings(host="127.0.0.1", port=0, tcp_port=0)
    async with open_user_agent(settings, rng=Random(1), on_call=answer_it) as agent:
        us = f"127.0.0.1:{agent.streams.local[Transport.TCP][1]}"
        command = ["sipp", us, "-sn", "uac", *COMMON, "-p", "15192", "-d", "200", "-m", "50", "-r", "50"]
        with trio.fail_after(40):
            done = await trio.run_process(
                [*command, "-t", "t1"], capture_stdout=True, capture_stderr=True, check=False
            )
        assert done.returncode == 0, done.stderr
        assert agent.counters[0].faults == agent.counters[0].broken == 0
        assert agent.counters[0].datagrams == 150  # INVITE, ACK and BYE of each, none repeated
        assert agent.streams.counters.accepted == 1


async def call_it(
    agent: UserAgent, ended: list[SessionEnded | None], parameters: dict[str, str | None]
) -> None:
    target = Uri("sip", "service", host="127.0.0.1", port=15191, parameters=parameters)
    offer = make_offer(LocalAudio("127.0.0.1", 16402), 1, 1)
    session = await agent.invite(target, from_uri=ALICE_URI, offer=offer)
    assert session.answer is not None
    await session.hangup()
    ended.append(session.ended)


async def wait_listening(port: int) -> None:
    """Return when somebody listens on that TCP port of loopback."""
    line = f"0100007F:{port:04X} 00000000:0000 0A"
    while line not in await trio.Path("/proc/net/tcp").read_text():
        await trio.lowlevel.checkpoint()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_we_call_sipp(transport: str) -> None:
    command = [
        "sipp",
        "-sn",
        "uas",
        *COMMON,
        "-t",
        f"{transport[0]}1",
        "-p",
        "15191",
        "-mp",
        "17000",
        "-m",
        "10",
    ]
    run = partial(trio.run_process, command, capture_stdout=True, capture_stderr=True, check=False)
    ended: list[SessionEnded | None] = []
    async with open_user_agent(LOOPBACK, rng=Random(1), on_call=refuse_calls) as agent:
        with trio.fail_after(40):
            async with trio.open_nursery() as nursery:
                process: trio.Process = await nursery.start(run)
                if transport == "tcp":  # nothing is sent twice, so sipp must listen first
                    await wait_listening(15191)
                async with trio.open_nursery() as calls:
                    for _ in range(10):
                        calls.start_soon(call_it, agent, ended, {"transport": transport})
    assert process.returncode == 0
    assert ended == [SessionEnded(False, 200, "")] * 10
