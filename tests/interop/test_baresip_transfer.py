"""REFER with baresip: it follows one of ours, and asks for one of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trio

from aywa_server.child import Child
from tests.kit.baresip import Baresip, open_baresip
from tests.kit.interop import require
from tests.kit.recordings import recording_path
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status
from tests.kit.telephones import Telephone
from tests.live.test_transfer import telephones

pytestmark = [pytest.mark.interop, pytest.mark.live, pytest.mark.beside]


def _write_microphone(path: Path) -> None:
    subprocess.run(
        ["sox", str(recording_path("demo-congrats")), "-r", "8000", str(path), "repeat", "3"], check=True
    )


def _trunk(port: int) -> str:
    dial = {"server": f"sip:127.0.0.1:{port}", "hosts": ["127.0.0.1"], "users": ["colleague"]}
    return json.dumps([{"name": "pbx", "addresses": ["127.0.0.0/8"], "dial": dial}])


async def _call(phone: Baresip, runtime: Child) -> dict[str, Any]:
    await phone.command("dial", f"sip:1000@127.0.0.1:{runtime.sip_port}")
    await phone.wait_for("CALL_ESTABLISHED", 10)
    row = await wait_for_status(runtime, "in-progress")
    await trio.sleep(1.0)
    return row


async def _kinds(runtime: Child, call_id: str, kind: str) -> list[dict[str, Any]]:
    entries = (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]
    return [entry["data"] for entry in entries if entry["kind"] == kind]


async def test_it_follows_our_refer(tmp_path: Path) -> None:
    require("baresip", "sox")
    _write_microphone(tmp_path / "microphone.wav")
    answered: list[Telephone] = []
    async with (
        telephones(answered) as (_, _, bob),
        open_runtime_process(runtime_settings(tmp_path / "data")) as runtime,
        open_baresip(tmp_path / "baresip", tmp_path / "microphone.wav") as phone,
    ):
        row = await _call(phone, runtime)
        whom = {"type": "sip", "sipUri": f"sip:colleague@127.0.0.1:{bob.local[1]}", "message": ""}
        await runtime.post(f"/call/{row['id']}/control", {"type": "transfer", "destination": whom})
        ended = await wait_for_end(runtime, row["id"], seconds=15)
        assert answered, "nobody was called"
        told = [data["sip_status"] for data in await _kinds(runtime, row["id"], "transfer.progress")]
        await answered[0].session.hangup()
    print(f"NOTIFYs told {told}")
    assert ended["endedReason"] == "assistant-forwarded-call"
    assert ended["artifact"]["transfers"][0]["status"] == "completed"


@pytest.mark.parametrize("accepts", [False, True])
async def test_it_asks_us_to_call(tmp_path: Path, accepts: bool) -> None:
    require("baresip", "sox")
    _write_microphone(tmp_path / "microphone.wav")
    answered: list[Telephone] = []
    async with telephones(answered) as (_, _, bob):
        settings = runtime_settings(
            tmp_path / "data",
            RUNTIME_ACCEPT_REFER=str(accepts).lower(),
            RUNTIME_SIP_TRUNKS_JSON=_trunk(bob.local[1]),
        )
        async with (
            open_runtime_process(settings) as runtime,
            open_baresip(tmp_path / "baresip", tmp_path / "microphone.wav") as phone,
        ):
            row = await _call(phone, runtime)
            await phone.command("transfer", f"sip:colleague@127.0.0.1:{bob.local[1]}")
            if accepts:
                with trio.fail_after(15):
                    while not answered:  # noqa: ASYNC110 - another user agent's state
                        await trio.sleep(0.1)
                await phone.wait_for("CALL_CLOSED", 10)
                since = answered[0].now
                await trio.sleep(4)
                assert abs(answered[0].heard(since)).max() > 1000, "the assistant speaks with nobody"
                await answered[0].session.hangup()
                await wait_for_end(runtime, row["id"])
            else:
                ended = await wait_for_end(runtime, row["id"])  # baresip's answer to a refusal
                assert ended["endedReason"] == "customer-ended-call"
            (received,) = await _kinds(runtime, row["id"], "transfer.received")
            assert received["status"] == (202 if accepts else 603)
            assert bool(await _kinds(runtime, row["id"], "transfer.replaced")) == accepts
