"""A runtime whose recordings go to S3: killed in mid-call while the store is away, and started again."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import httpx
import pytest
import trio

from aywa_server.child import Child
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import API_KEY, open_runtime_process, runtime_settings, wait_for_status
from tests.kit.s3_server import Line, make_bucket, open_line, s3

__all__ = ["s3"]
pytestmark = [pytest.mark.live, pytest.mark.paired]
TALK_S = 2.0


async def _stream(call: PlainCall) -> None:
    while True:
        await call.send(call.packet(b"\x20\xa0" * 80))
        await trio.sleep(0.02)


async def until(runtime: Child, state: str, count: int) -> None:
    """Wait for so many artifacts in this state, or more; of none, for none."""
    with trio.fail_after(60):
        while True:
            found = len(await runtime.get(f"/artifact?state={state}"))
            if found >= count if count else not found:
                return
            await trio.sleep(0.1)


async def test_a_killed_runtimes_recording_reaches_the_store(s3: str, tmp_path: Path) -> None:
    async with open_line(s3) as line:
        settings = runtime_settings(
            tmp_path / "data",
            RUNTIME_ARTIFACT_S3_BUCKET=make_bucket(s3),
            RUNTIME_ARTIFACT_S3_ENDPOINT=line.origin,
            RUNTIME_ARTIFACT_S3_ACCESS_KEY_ID="an-id",
            RUNTIME_ARTIFACT_S3_SECRET_ACCESS_KEY="a-secret",
            RUNTIME_RECORD="true",
        )
        line.turn(Line.BUSY)
        async with (
            open_runtime_process(settings) as runtime,
            open_plain_call(runtime.sip_port) as call,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(_stream, call)
            row = await wait_for_status(runtime, "in-progress")
            await trio.sleep(TALK_S)
            runtime.kill()
            nursery.cancel_scope.cancel()
        recording = trio.Path(row["artifact"]["recordingPath"])
        assert await recording.is_file()
        async with open_runtime_process(settings) as runtime:
            await until(runtime, "waiting", 1)
            assert await recording.is_file(), "nothing is deleted that is not stored"
            line.turn(Line.PASSES)
            assert (await runtime.post("/artifact/retry", {}))["callIds"] == [row["id"]]
            await until(runtime, "stored", 5)
            await until(runtime, "waiting", 0)
            assert not await recording.exists()
            url = f"http://127.0.0.1:{settings['RUNTIME_HTTP_PORT']}/call/{row['id']}/stereo-recording"
            async with httpx.AsyncClient(headers={"X-API-Key": API_KEY}) as client:
                answer = await client.get(url)
            with wave.open(io.BytesIO(answer.content)) as file:
                assert file.getnframes() / file.getframerate() >= TALK_S - 1.0
            ready = await runtime.get("/readyz")
            (check,) = [each for each in ready["checks"] if each["name"] == "artifacts"]
            assert check["ok"]
            assert check["detail"].startswith("s3://")
