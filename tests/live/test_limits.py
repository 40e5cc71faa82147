"""`aywa-media` without permissions, and with no room left: it says so, and admitted calls do not notice."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from random import Random

import pytest
import trio

from aywa.proto.sip.message import Response
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import open_user_agent
from aywa.ua.errors import InviteFailed
from aywa_server.child import COMMAND
from tests.kit.interop import require
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings
from tests.kit.sip_agents import refuse_calls

pytestmark = [pytest.mark.live, pytest.mark.paired]


async def _listen(call: PlainCall, seconds: float) -> list[int]:
    """The sequence numbers heard while the caller sends silence."""
    heard: list[int] = []

    async def speak() -> None:
        while True:
            await call.send(call.packet())
            await trio.sleep(0.02)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(speak)
        with trio.move_on_after(seconds):
            while True:
                packet, _ = await call.media.recvfrom(2048)
                if not 192 <= packet[1] <= 223:
                    heard.append(int.from_bytes(packet[2:4], "big"))
        nursery.cancel_scope.cancel()
    return heard


async def _ask_options(port: int) -> Response:
    target = Uri("sip", None, host="127.0.0.1", port=port)
    async with open_user_agent(SipSettings(port=0), rng=Random(99), on_call=refuse_calls) as agent:
        return await agent.options(target)


def _unbroken(heard: list[int]) -> bool:
    return all((after - before) & 0xFFFF == 1 for before, after in itertools.pairwise(heard))


async def test_without_realtime_permission_it_says_so_and_serves(tmp_path: Path) -> None:
    require("setpriv", "prlimit")
    # Root has CAP_SYS_NICE; whoever else runs this has nothing to give up.
    bare = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"] if os.geteuid() == 0 else []
    command = (*bare, "prlimit", "--rtprio=0:0", *COMMAND)
    settings = runtime_settings(tmp_path / "data")
    async with (
        open_runtime_process(settings, command=command) as runtime,
        open_plain_call(runtime.sip_port) as call,
    ):
        heard = await _listen(call, 3)
    lines = [json.loads(line) for line in runtime.log.read_text().splitlines() if line.startswith("{")]
    started = next(line for line in lines if line["event"] == "engine-started")
    print(
        {name: started[name] for name in ("scheduling", "realtime", "reason", "advice")},
        f"{len(heard)} packets",
    )
    assert started["scheduling"] in ("short_slice", "ordinary")
    assert "refused" in started["reason"]
    assert "LimitRTPRIO" in " ".join(started["advice"])
    assert len(heard) > 120
    assert _unbroken(heard)


@pytest.mark.parametrize("limit", ["legs", "calls", "ports"])
async def test_one_call_too_many_is_503_and_the_others_go_on(limit: str, tmp_path: Path) -> None:
    settings = runtime_settings(tmp_path / "data")
    first = int(settings["RUNTIME_RTP_PORT_MIN"])
    settings |= {
        "legs": {"RUNTIME_MAX_LEGS": "1"},
        "calls": {"RUNTIME_MAX_CALLS": "1"},
        "ports": {"RUNTIME_RTP_PORT_MAX": str(first + 1)},
    }[limit]
    heard: list[int] = []
    refusals: list[InviteFailed] = []
    async with open_runtime_process(settings) as runtime, open_plain_call(runtime.sip_port) as call:

        async def listen() -> None:
            heard.extend(await _listen(call, 3))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            asked = await _ask_options(runtime.sip_port)
            for seed in range(2, 12):
                with pytest.raises(InviteFailed) as refused:
                    async with open_plain_call(runtime.sip_port, seed=seed):
                        pass
                refusals.append(refused.value)
        rows = await runtime.get("/call")
    print(f"{limit}: {len(refusals)} refused, {len(heard)} packets heard meanwhile")
    assert {refusal.status for refusal in refusals} == {503}
    assert len(rows) == 1, "a refused call made a row"
    assert asked.status == 503
    assert int(asked.headers.get("Retry-After") or 0) > 0
    for refusal in refusals:
        assert refusal.response is not None
        assert int(refusal.response.headers.get("Retry-After") or 0) > 0
    assert len(heard) > 120
    assert _unbroken(heard)
