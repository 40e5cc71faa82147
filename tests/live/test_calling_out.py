"""The worker as it is installed calls out: environment, API, command line and metrics together."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from random import Random

import pytest
import trio

from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, open_user_agent
from tests.kit.postgres import data_dir
from tests.kit.runtime_process import API_KEY, open_runtime_process, runtime_settings

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.beside]


async def aywa(port: str, *arguments: str) -> tuple[int, str]:
    """An operator's command, its exit code and what it printed."""
    done = await trio.run_process(
        [
            sys.executable,
            "-m",
            "aywa_server.cli",
            *arguments,
            "--url",
            f"http://127.0.0.1:{port}",
            "--api-key",
            API_KEY,
        ],
        env=dict(os.environ),
        capture_stdout=True,
        capture_stderr=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


async def test_the_command_line_calls_somebody(data_dir: Path) -> None:
    async def answer(call: IncomingCall) -> None:
        if "+493000000000" in str(call.to):
            await call.reject(486)
            return
        assert call.offer is not None
        await call.ring()
        described = accept_offer(call.offer, LocalAudio("127.0.0.1", 9), session_id=7).answer
        session = await call.answer(described)
        await trio.sleep(1)
        await session.hangup()

    async with open_user_agent(SipSettings(port=0), rng=Random(5), on_call=answer) as agent:
        dial = {"server": f"sip:127.0.0.1:{agent.local[1]}", "from": ["+4930990"]}
        settings = runtime_settings(
            data_dir,
            RUNTIME_SIP_TRUNKS_JSON=json.dumps([{"name": "carrier", "dial": dial}]),
            RUNTIME_DIAL_HOME="49",
            RUNTIME_DIAL_ALLOW="+49",
        )
        port = settings["RUNTIME_HTTP_PORT"]
        async with open_runtime_process(settings) as child:
            with trio.fail_after(60):
                code, told = await aywa(port, "call", "--to", "030 12345678", "--name", "Erika")
                assert (code, told.splitlines()[-1]) == (0, "answered: customer-ended-call"), told
                code, told = await aywa(port, "call", "--to", "+493000000000", "--trunk", "carrier")
                assert (code, told.splitlines()[-1]) == (
                    1,
                    "not answered: customer-busy, SIP status 486",
                ), told
                code, told = await aywa(port, "call", "--to", "+49900123456")
                assert code == 2
                assert "HTTP 403" in told
            newest, first = await child.get("/call")
            assert (newest["endedReason"], newest["type"]) == ("customer-busy", "outboundPhoneCall")
            assert first["customer"]["name"] == "Erika"
            assert first["artifact"]["recordingPath"]
