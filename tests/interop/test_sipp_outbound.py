"""sipp as the called side: early media, busy, no answer, a trunk that is down, and the time each takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from socket import SOCK_DGRAM

import pytest
import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.dial import DialFailed, DialOutcome, DialRequest, dial
from aywa.call.dial_gate import DialGate, Dialling
from aywa.call.media_port import LegPort
from aywa.media.engine import open_media_engine
from aywa.settings import DialLimits, MediaSettings, SipSettings, TrunkDialling, TrunkSettings
from aywa.ua import open_user_agent
from tests.kit.call_world import CallWorld, dial_time
from tests.kit.interop import require
from tests.kit.ports import free_port, free_udp_range
from tests.kit.sip_agents import refuse_calls

pytestmark = [pytest.mark.interop, pytest.mark.paired]
HERE = Path(__file__).parent / "sipp"
MANY = DialLimits(per_second=100)


@asynccontextmanager
async def open_callees(folder: Path, *scenarios: str) -> AsyncIterator[list[int]]:
    """A sipp for each scenario, each for one call; in the end each must have seen what its scenario says."""
    require("sipp")
    ports = [free_port(SOCK_DGRAM) for _ in scenarios]
    media = free_udp_range(8 * len(scenarios), above=20_000)
    async with trio.open_nursery() as nursery:
        running = []
        for place, (scenario, port) in enumerate(zip(scenarios, ports, strict=True)):
            asked = [
                *("sipp", "-sf", str(HERE / scenario), "-i", "127.0.0.1", "-p", str(port)),
                *("-mi", "127.0.0.1", "-mp", str(media + 8 * place), "-rtp_echo", "-m", "1"),
                *("-nostdin", "-timeout", "20", "-trace_err", "-error_file", str(folder / f"{scenario}.log")),
            ]
            output = {"cwd": folder, "capture_stdout": True, "capture_stderr": True}
            running.append(await nursery.start(partial(trio.run_process, asked, **output)))
        await trio.sleep(0.5)  # sipp does not say when it listens
        yield ports
        with trio.fail_after(25):
            for process in running:
                await process.wait()


@asynccontextmanager
async def open_dialling(*ports: int) -> AsyncIterator[CallDependencies]:
    """What calls through trunks on these ports are made with: a real engine, and a real user agent."""
    first = free_udp_range(64)
    media = MediaSettings(rtp_port_min=first, rtp_port_max=first + 63, realtime=False)
    trunks = [
        TrunkSettings(
            f"carrier-{place}",
            dial=TrunkDialling(f"sip:127.0.0.1:{port}", callers=("+4930990",), limits=MANY),
        )
        for place, port in enumerate(ports)
    ]
    settings = SipSettings(host="127.0.0.1", port=0, named_trunks=tuple(trunks))
    world = CallWorld()
    async with (
        open_media_engine(media, rng=Random(1)) as engine,
        open_user_agent(settings, rng=Random(2), on_call=refuse_calls) as agent,
    ):
        gate = DialGate(trunks, replace(world.dial_settings, per_key=MANY), dial_time)
        yield replace(world.dependencies(), engine=engine, dialling=Dialling(agent, gate))
        assert engine.load().legs == 0
        assert not agent.endpoint.core.sessions


REQUEST = DialRequest("+493012345678", headers=(("X-Ticket", "4711"),), ring_timeout_s=15.0, early_media=True)


async def test_early_media_is_heard_before_the_answer(tmp_path: Path) -> None:
    heard: list[tuple[float, LegPort]] = []
    async with open_callees(tmp_path, "callee_early.xml") as ports, open_dialling(*ports) as dependencies:
        began = trio.current_time()

        def hear(leg: LegPort) -> None:
            heard.append((trio.current_time() - began, leg))

        with trio.fail_after(20):
            async with dial(REQUEST, dependencies, on_early_media=hear) as dialled:
                answered = trio.current_time() - began
                ((early, leg),) = heard
                assert dialled.leg is leg
                assert early + 1.4 < answered
                # What sipp echoed of our silence before it answered: 1.5 s are 75 packets.
                assert leg.stats().received > 50
                assert dialled.media["codec"] == "PCMU"


async def test_busy(tmp_path: Path) -> None:
    async with open_callees(tmp_path, "callee_busy.xml") as ports, open_dialling(*ports) as dependencies:
        with pytest.raises(DialFailed) as failed:
            async with dial(REQUEST, dependencies):
                pytest.fail("busy")
        assert (failed.value.outcome, failed.value.sip_status) == (DialOutcome.BUSY, 486)
        await trio.sleep(0.2)  # the ACK


async def test_nobody_answers_and_the_cancel_says_why(tmp_path: Path) -> None:
    async with open_callees(tmp_path, "callee_rings.xml") as ports, open_dialling(*ports) as dependencies:
        began = trio.current_time()
        with pytest.raises(DialFailed) as failed:
            async with dial(replace(REQUEST, ring_timeout_s=2.0), dependencies):
                pytest.fail("nobody is there")
        assert failed.value.outcome is DialOutcome.NO_ANSWER
        assert trio.current_time() - began < 4.5
        await trio.sleep(0.2)  # the ACK


async def test_a_trunk_that_is_down_is_followed_by_the_next(tmp_path: Path) -> None:
    async with (
        open_callees(tmp_path, "callee_down.xml", "callee_early.xml") as ports,
        open_dialling(*ports) as dependencies,
    ):
        with trio.fail_after(20):
            async with dial(REQUEST, dependencies) as dialled:
                assert dialled.trunk == "carrier-1"
