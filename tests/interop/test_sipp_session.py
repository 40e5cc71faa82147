"""sipp as a foreign peer: session timers, UPDATE, 100rel and INFO, checked in its scenarios."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random
from socket import SOCK_DGRAM

import pytest
import trio

from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer, make_offer
from aywa.proto.sip.header import Reason
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, SessionEnded, open_user_agent
from tests.kit.interop import require
from tests.kit.ports import free_port, free_udp_range
from tests.kit.sip_agents import ALICE_URI, refuse_calls

pytestmark = [pytest.mark.interop, pytest.mark.beside]
HERE = Path(__file__).parent / "sipp"
CALLS = 10
LOOPBACK = SipSettings(host="127.0.0.1", port=0)
LOCAL = LocalAudio("127.0.0.1", 16400)


def command(scenario: str, folder: Path, port: int, *more: str) -> list[str]:
    media = str(free_udp_range(4 * CALLS, above=20_000))
    return [
        *("sipp", *more, "-sf", str(HERE / scenario), "-i", "127.0.0.1", "-p", str(port)),
        *("-mi", "127.0.0.1", "-mp", media, "-m", str(CALLS), "-nostdin", "-timeout", "30"),
        *("-trace_err", "-error_file", str(folder / "errors.log")),
    ]


def answer_to(offered: SessionDescription) -> SessionDescription:
    return accept_offer(offered, LOCAL).answer


async def call_us(scenario: str, folder: Path, *, early: bool) -> tuple[list[str], list[SessionEnded]]:
    """sipp calls; the keys it pressed, and how its calls ended."""
    require("sipp")
    keys: list[str] = []
    ended: list[SessionEnded] = []

    async def on_call(call: IncomingCall) -> None:
        assert call.offer is not None
        call.on_key = lambda key, length: keys.append(key)
        call.on_offer = answer_to
        if early:
            await call.progress(answer_to(call.offer))
            await trio.sleep(0.1)
        ended.append(await (await call.answer(answer_to(call.offer))).wait_ended())

    async with open_user_agent(LOOPBACK, rng=Random(1), on_call=on_call) as agent:
        us = f"127.0.0.1:{agent.local[1]}"
        asked = command(scenario, folder, free_port(SOCK_DGRAM), us, "-s", "1000", "-r", "10")
        with trio.fail_after(40):
            done = await trio.run_process(
                asked, cwd=folder, capture_stdout=True, capture_stderr=True, check=False
            )
        errors = folder / "errors.log"
        assert done.returncode == 0, errors.read_text()[:3000] if errors.exists() else done.stderr
        assert agent.counters[0].faults == agent.counters[0].broken == 0
    return keys, ended


async def test_short_interval_is_refused_and_the_session_refreshed_by_update(tmp_path: Path) -> None:
    keys, ended = await call_us("timer_uac.xml", tmp_path, early=False)
    assert sorted(keys) == sorted("5#7" * CALLS)
    assert [end.causes for end in ended] == [(Reason("Q.850", 16, "Normal call clearing"),)] * CALLS


async def test_early_media_is_acknowledged_by_prack(tmp_path: Path) -> None:
    _, ended = await call_us("prack_uac.xml", tmp_path, early=True)
    assert len(ended) == CALLS


async def test_called_peer_raises_the_interval_and_describes_early(tmp_path: Path) -> None:
    require("sipp")
    port = free_port(SOCK_DGRAM)
    asked = command("session_uas.xml", tmp_path, port)
    run = partial(
        trio.run_process, asked, cwd=tmp_path, capture_stdout=True, capture_stderr=True, check=False
    )
    early: list[bool] = []
    async with open_user_agent(LOOPBACK, rng=Random(1), on_call=refuse_calls) as agent:

        async def call() -> None:
            session = await agent.invite(
                Uri("sip", "service", host="127.0.0.1", port=port),
                from_uri=ALICE_URI,
                offer=make_offer(LOCAL, 1, 1),
                on_early_media=lambda media, final: early.append(final),
            )
            await trio.sleep(0.5)
            await session.hangup("done", Reason("Q.850", 16, "Normal call clearing"))

        with trio.fail_after(40):
            async with trio.open_nursery() as nursery:
                process: trio.Process = await nursery.start(run)
                async with trio.open_nursery() as calls:
                    for _ in range(CALLS):
                        calls.start_soon(call)
    errors = tmp_path / "errors.log"
    assert process.returncode == 0, errors.read_text()[:3000] if errors.exists() else ""
    assert early == [True] * CALLS
