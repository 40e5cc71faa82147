"""A killed process loses at most one second of recording, and its calls are ended after the restart."""

import subprocess
from pathlib import Path

import pytest
import trio

from tests.kit.interop import require
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_status

pytestmark = [pytest.mark.live, pytest.mark.paired]

TALK_S = 6.0


async def _stream(call: PlainCall) -> None:
    while True:
        await call.send(call.packet(b"\x20\xa0" * 80))
        await trio.sleep(0.02)


def _seconds(wav: Path) -> float:
    done = subprocess.run(["soxi", "-D", str(wav)], check=True, capture_output=True, text=True)
    subprocess.run(["sox", str(wav), "-n", "stat"], check=True, capture_output=True)
    return float(done.stdout)


async def test_kill_9_in_mid_call(tmp_path: Path) -> None:
    require("sox")
    settings = runtime_settings(tmp_path / "data")
    async with (
        open_runtime_process(settings) as runtime,
        open_plain_call(runtime.sip_port) as call,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(_stream, call)
        row = await wait_for_status(runtime, "in-progress")
        began = trio.current_time()
        await trio.sleep(TALK_S)
        runtime.kill()
        talked = trio.current_time() - began
        nursery.cancel_scope.cancel()
    recording = Path(row["artifact"]["recordingPath"])
    assert _seconds(recording) >= talked - 1.0
    async with open_runtime_process(settings) as runtime:
        ended = await runtime.get(f"/call/{row['id']}")
        assert ended["status"] == "ended"
        assert ended["endedReason"] == "call.in-progress.error-process-lost"
        timeline = await runtime.get(f"/call/{row['id']}/timeline")
        assert timeline["timeline"]
        assert _seconds(recording) >= talked - 1.0
