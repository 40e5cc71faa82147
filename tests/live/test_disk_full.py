"""The disk of the recordings runs full in mid-call: a real file system of 150 KiB."""

from __future__ import annotations

import os
import struct
import sys
import wave
from itertools import pairwise
from pathlib import Path

import pytest
import trio

from tests.kit.interop import require_root
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status

pytestmark = [
    pytest.mark.live,
    pytest.mark.beside,
]
SIZE_KIB = 150  # less than five seconds of a recording
TALK_S = 7.5
# A mount namespace of its own: the file system is gone with the process.
_MOUNT = f'mount -t tmpfs -o size={SIZE_KIB}k tmpfs "$RUNTIME_RECORDING_DIR"'
_START = f'{_MOUNT} && exec "{sys.executable}" -m aywa_server.serve'


async def _talk(call: PlainCall, seconds: float) -> list[int]:
    """Speak by the clock; the sequence numbers of all that came meanwhile."""
    came: list[int] = []
    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:

            async def hear() -> None:
                while True:
                    packet = await call.media.recv(2048)
                    came.append(struct.unpack("!H", packet[2:4])[0])

            nursery.start_soon(hear)
            began = trio.current_time()
            for number in range(round(seconds / 0.02)):
                await call.send(call.packet(b"\x20\xa0" * 80))
                await trio.sleep_until(began + number * 0.02)
    return came


async def test_a_full_disk_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    require_root("a file system of one's own")
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    settings = runtime_settings(
        tmp_path / "data", RUNTIME_RECORDING_DIR=str(recordings), RUNTIME_CALL_MAX_DURATION_S="60"
    )
    command = ("unshare", "--mount", "sh", "-c", _START)
    async with open_runtime_process(settings, command=command) as runtime:
        root = f"/proc/{runtime.process.pid}/root"  # as the runtime sees the file systems
        async with open_plain_call(runtime.sip_port) as call:
            row = await wait_for_status(runtime, "in-progress")
            came = await _talk(call, TALK_S)
            live = await runtime.get(f"/call/{row['id']}")
            assert live["status"] == "in-progress"
            free = os.statvfs(f"{root}{recordings}").f_bavail
            assert free == 0, "the disk did run full"
        ended = await wait_for_end(runtime, row["id"])
        assert ended["endedReason"] == "customer-ended-call"
        assert len(came) > TALK_S * 50 * 0.9
        steps = {(after - before) & 0xFFFF for before, after in pairwise(came)}
        assert steps == {1}, "no packet to the caller is missing"
        shown = (await runtime.get(f"/call/{row['id']}/timeline"))["timeline"]
        failed = [entry["data"] for entry in shown if entry["kind"] == "media.record_failed"]
        assert failed == [{"error": "the recording cannot be written (No space left on device)"}]
        with wave.open(f"{root}{ended['artifact']['recordingPath']}") as recording:
            seconds = recording.getnframes() / recording.getframerate()
            assert recording.getnchannels() == 2
        assert 2 < seconds < TALK_S - 1, "what was written before is whole"
        assert (await runtime.client.get("/readyz")).status_code in (200, 503)
        assert (await runtime.client.get("/call")).status_code == 200
