"""Digest against foreign arithmetic: sipp's and baresip's, as callers, as callees and as registrar."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from socket import SOCK_DGRAM

import pytest
import trio
from structlog.testing import capture_logs

from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer, make_offer
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings, TrunkCredentials, TrunkRegistration, TrunkSettings
from aywa.ua import IncomingCall, SessionEnded, UserAgent, open_user_agent
from tests.kit.baresip import Account, open_baresip
from tests.kit.interop import require
from tests.kit.ports import free_port
from tests.kit.recordings import recording_path
from tests.kit.sip_agents import ALICE_URI, refuse_calls

pytestmark = [pytest.mark.interop, pytest.mark.live, pytest.mark.beside]
SCENARIOS = Path(__file__).parent / "sipp"
US = TrunkCredentials("7000", "secret7000")


def settings(*, inbound: bool = False, registrar: int | None = None) -> SipSettings:
    """One trunk on loopback."""
    register = None
    if registrar is not None:
        register = TrunkRegistration(f"sip:127.0.0.1:{registrar}", f"sip:7000@127.0.0.1:{registrar}", 60)
    trunk = TrunkSettings(
        "peer", ("127.0.0.1",), inbound=(US,) if inbound else (), outbound=US, register=register
    )
    return SipSettings(host="127.0.0.1", port=0, trunks=(), named_trunks=(trunk,))


def sipp(scenario: str, *words: str) -> Sequence[str]:
    """A sipp command on loopback."""
    common = ("-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-timeout", "30", "-timeout_error")
    return ["sipp", *words, "-sf", str(SCENARIOS / scenario), *common]


async def run(command: Sequence[str], folder: Path) -> None:
    """Run it; its own error file is shown when it failed."""
    errors = folder / "errors.log"
    done = await trio.run_process(
        [*command, "-trace_err", "-error_file", str(errors)],
        cwd=folder, capture_stdout=True, capture_stderr=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.stdout.write(errors.read_text() if errors.exists() else done.stderr.decode())
    assert done.returncode == 0


async def answer_it(call: IncomingCall) -> None:
    assert call.offer is not None
    session = await call.answer(accept_offer(call.offer, LocalAudio("127.0.0.1", 16400)).answer)
    await session.wait_ended()


async def test_sipp_is_challenged_and_calls(tmp_path: Path) -> None:
    require("sipp")
    async with open_user_agent(settings(inbound=True), rng=Random(1), on_call=answer_it) as agent:
        us = f"127.0.0.1:{agent.local[1]}"
        command = sipp("caller_digest.xml", us, "-au", "7000", "-ap", "secret7000", "-m", "20", "-r", "20")
        with trio.fail_after(40):
            await run([*command, "-p", str(free_port(SOCK_DGRAM))], tmp_path)
        assert agent.counters[0].faults == agent.counters[0].broken == 0


async def test_sipp_with_the_wrong_password_does_not_get_in(tmp_path: Path) -> None:
    require("sipp")
    heard: list[str] = []

    async def on_call(call: IncomingCall) -> None:
        heard.append(call.sip_call_id)

    with capture_logs() as logs:
        async with open_user_agent(settings(inbound=True), rng=Random(1), on_call=on_call) as agent:
            us = f"127.0.0.1:{agent.local[1]}"
            command = sipp("caller_digest.xml", us, "-au", "7000", "-ap", "guess", "-m", "1")
            with trio.move_on_after(3):  # its scenario waits for a 200 that never comes
                await run([*command, "-p", str(free_port(SOCK_DGRAM))], tmp_path)
    assert heard == []
    assert [log["event"] for log in logs] == ["sip.credentials_refused"]


async def test_we_are_challenged_by_sipp_and_call(tmp_path: Path) -> None:
    require("sipp")
    port, ended = free_port(SOCK_DGRAM), list[SessionEnded | None]()
    command = [*sipp("callee_digest.xml", "-m", "10"), "-p", str(port)]
    target = Uri("sip", "service", host="127.0.0.1", port=port)

    async def call(agent: UserAgent) -> None:
        offer = make_offer(LocalAudio("127.0.0.1", 16402), 1, 1)
        session = await agent.invite(target, from_uri=ALICE_URI, offer=offer)
        await session.hangup()
        ended.append(session.ended)

    async with open_user_agent(settings(), rng=Random(1), on_call=refuse_calls) as agent:
        with trio.fail_after(40):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(run, command, tmp_path))
                await trio.sleep(0.5)  # sipp binds its port in a moment; INVITEs before that are sent again
                for _ in range(10):
                    nursery.start_soon(call, agent)
    assert ended == [SessionEnded(False, 200, "")] * 10


async def test_we_register_with_sipp_and_leave(tmp_path: Path) -> None:
    require("sipp")
    port = free_port(SOCK_DGRAM)
    command = [*sipp("registrar.xml", "-m", "1"), "-p", str(port)]
    with trio.fail_after(40):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(run, command, tmp_path))
            async with open_user_agent(
                settings(registrar=port), rng=Random(1), on_call=refuse_calls
            ) as agent:
                while not agent.registrations.statuses[0].registered:  # noqa: ASYNC110 - sipp sets no event
                    await trio.sleep(0.05)


async def test_baresip_is_challenged_and_calls(tmp_path: Path) -> None:
    require("baresip")
    account = Account(user="7000", password="secret7000")
    async with open_user_agent(settings(inbound=True), rng=Random(1), on_call=answer_it) as agent:
        async with open_baresip(tmp_path / "baresip", recording_path("digits/3"), account) as phone:
            await phone.command("dial", f"sip:1000@127.0.0.1:{agent.local[1]}")
            await phone.wait_for("CALL_ESTABLISHED", 15)
            await phone.command("hangup")
            await phone.wait_for("CALL_CLOSED", 15)
        assert agent.counters[0].faults == 0
