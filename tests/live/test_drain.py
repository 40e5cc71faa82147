"""Told to stop with a call up: the API says so and steers the call, and closes when the call is over."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from aywa_server.child import Child
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_status

pytestmark = [pytest.mark.live, pytest.mark.beside]

DRAIN_S = 120  # far beyond every guard here: nothing ends because it ran out


async def _stream(call: PlainCall) -> None:
    while True:
        await call.send(call.packet(b"\xff" * 160))
        await trio.sleep(0.02)


@asynccontextmanager
async def _draining(data_dir: Path) -> AsyncIterator[tuple[Child, str]]:
    """A runtime that was told to stop while it has one call."""
    settings = runtime_settings(data_dir, RUNTIME_DRAIN_S=str(DRAIN_S))
    async with (
        open_runtime_process(settings) as runtime,
        open_plain_call(runtime.sip_port) as call,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(_stream, call)
        row = await wait_for_status(runtime, "in-progress")
        runtime.process.send_signal(signal.SIGTERM)
        with trio.fail_after(10):
            while (await runtime.client.get("/readyz")).is_success:  # noqa: ASYNC110 - a probe polls
                await trio.sleep(0.02)
        yield runtime, row["id"]
        nursery.cancel_scope.cancel()


async def _exit_code(runtime: Child) -> int:
    with trio.fail_after(20):
        while (code := runtime.process.poll()) is None:  # noqa: ASYNC110 - a process of another group
            await trio.sleep(0.05)
    return code


async def test_the_api_stays_while_calls_drain(tmp_path: Path) -> None:
    async with _draining(tmp_path / "data") as (runtime, call_id):
        readiness = (await runtime.client.get("/readyz")).json()
        assert {check["name"] for check in readiness["checks"] if not check["ok"]} == {"calls"}
        assert "draining" in str(readiness)
        assert (await runtime.get(f"/call/{call_id}"))["status"] == "in-progress"
        told = await runtime.client.post(f"/call/{call_id}/control", json={"type": "end-call"})
        assert told.status_code == 200, told.text
        assert await _exit_code(runtime) == 0


async def test_a_second_signal_cuts_the_draining_short(tmp_path: Path) -> None:
    async with _draining(tmp_path / "data") as (runtime, _):
        runtime.process.send_signal(signal.SIGTERM)
        assert await _exit_code(runtime) == 0
