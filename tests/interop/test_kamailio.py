"""Kamailio spreads calls over two instances: one is killed, comes back, and the other one is drained."""

from __future__ import annotations

import signal
from pathlib import Path
from random import SystemRandom

import pytest
import trio

from aywa.errors import TransportError
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import open_user_agent
from tests.kit.interop import require
from tests.kit.kamailio import open_kamailio
from tests.kit.peers import require_peers
from tests.kit.runtime_process import open_runtime_process, runtime_settings
from tests.kit.sip_agents import refuse_calls
from tests.kit.sipp_caller import Burst, sipp_calls

pytestmark = [pytest.mark.interop, pytest.mark.live]
TALK_MS = 3000
LIMIT_S = 15.0  # seen on a quiet machine: out within 3 s, back within 1 s


async def options_status(port: int) -> int:
    """What an instance answers to OPTIONS; 0 for nothing."""
    target = Uri("sip", None, host="127.0.0.1", port=port)
    settings = SipSettings(host="127.0.0.1", port=0)
    async with open_user_agent(settings, rng=SystemRandom(), on_call=refuse_calls) as agent:
        try:
            return (await agent.options(target)).status
        except TransportError:
            return 0


def words_of(burst: Path, folder: Path) -> str:
    """What sipp, Kamailio and the instances say of calls that failed."""
    logs = (burst / "errors.log", folder / "kamailio/log", *folder.glob("*.log"))
    return "\n".join(
        f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}" for log in logs if log.exists()
    )


async def test_calls_go_past_an_instance_that_is_killed_or_drained(tmp_path: Path) -> None:
    require("sipp", "sox")
    root = require_peers()
    first, second = (runtime_settings(tmp_path / name, RUNTIME_DRAIN_S="10") for name in ("first", "second"))
    ports = int(first["RUNTIME_SIP_PORT"]), int(second["RUNTIME_SIP_PORT"])
    bursts = [tmp_path / f"burst{number}" for number in range(3)]
    for folder in bursts:
        folder.mkdir()

    async def call(number: int, calls: int) -> None:
        burst = Burst(calls, 4, TALK_MS, media_above=28_000, past_a_proxy=True)
        outcome = await sipp_calls(f"127.0.0.1:{proxy.port}", bursts[number], burst)
        assert (outcome.successful, outcome.failed) == (calls, 0), words_of(bursts[number], tmp_path)

    async with (
        open_runtime_process(second) as drained,
        open_runtime_process(first) as killed,
        open_kamailio(root, tmp_path / "kamailio", ports) as proxy,
    ):
        await call(0, 8)
        assert [proxy.calls_to(port) for port in ports] == [4, 4]

        killed.kill()
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(call, 1, 8)
            await proxy.wait_said(f"WORKER DOWN sip:127.0.0.1:{ports[0]}", seconds=LIMIT_S)
            print(f"the killed one is out after {trio.current_time() - began:.1f} s")

        async with open_runtime_process(first):
            began = trio.current_time()
            await proxy.wait_said(f"WORKER UP sip:127.0.0.1:{ports[0]}", times=2, seconds=LIMIT_S)
            print(f"and back {trio.current_time() - began:.1f} s after it is ready")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call, 2, 24)
                await trio.sleep(2)
                drained.process.send_signal(signal.SIGTERM)
                await trio.sleep(0.3)
                began = trio.current_time()
                assert await options_status(ports[1]) == 503
                await proxy.wait_said(f"WORKER DOWN sip:127.0.0.1:{ports[1]}", seconds=LIMIT_S)
                print(f"the draining one is out after {trio.current_time() - began:.1f} s")
                asked = proxy.calls_to(ports[1])
            assert proxy.calls_to(ports[1]) == asked
            assert await options_status(ports[0]) == 200
        with trio.fail_after(15):
            while drained.process.poll() is None:  # noqa: ASYNC110 - a process sets no event
                await trio.sleep(0.1)
        assert drained.process.returncode == 0
