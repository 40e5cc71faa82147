"""Told to stop with a call up: the API says so and steers the call, and closes when the call is over."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from aywa.ua.errors import InviteFailed
from aywa_server.child import Child
from tests.kit.event_client import EventClient, open_event_client
from tests.kit.event_world import open_redis_server
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_status
from tests.kit.webhook_server import open_webhook_server

pytestmark = [pytest.mark.live, pytest.mark.beside]

DRAIN_S = 120  # far beyond every guard here: nothing ends because it ran out


async def _stream(call: PlainCall) -> None:
    while True:
        await call.send(call.packet(b"\xff" * 160))
        await trio.sleep(0.02)


@asynccontextmanager
async def _draining(data_dir: Path, **more: str) -> AsyncIterator[tuple[Child, str]]:
    """A runtime that was told to stop while it has one call."""
    settings = runtime_settings(data_dir, RUNTIME_DRAIN_S=str(DRAIN_S), **more)
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


async def test_a_node_leaves_its_cluster(tmp_path: Path) -> None:
    """Not ready, new calls elsewhere, the live one to its end, streams ended, the outbox empty, exit 0."""
    with open_redis_server(tmp_path) as redis:
        async with (
            open_webhook_server() as server,
            _draining(
                tmp_path / "data",
                REDIS_URL=redis.url,
                RUNTIME_WEBHOOK_URL=server.url(),
                RUNTIME_OUTBOUND_PRIVATE="127.0.0.1",
                RUNTIME_DIAL_ALLOW="+49",
                RUNTIME_DIAL_HOME="49",
            ) as (runtime, call_id),
            _listening(runtime, f"callId={call_id}") as stream,
        ):
            assert (await stream.next())["type"] == "open", "who listens may go on, and begin"
            with pytest.raises(InviteFailed) as refused:
                async with open_plain_call(runtime.sip_port, seed=2):
                    pass
            assert refused.value.status == 503
            assert refused.value.response is not None
            assert int(refused.value.response.headers.get("Retry-After") or 0) > 0
            placed = await runtime.client.post("/call", json={"customer": {"number": "+493012345678"}})
            assert (placed.status_code, placed.json()["code"]) == (503, "overloaded"), placed.text
            assert int(placed.headers["Retry-After"]) > 0
            assert (await runtime.get(f"/call/{call_id}"))["status"] == "in-progress", "it does not notice"
            await runtime.post(f"/call/{call_id}/control", {"type": "end-call"})
            messages = await stream.rest()
            assert [message["type"] for message in messages[-2:]] == ["call.ended", "closed"]
            assert messages[-1]["reason"] == "stopping"
            assert await _exit_code(runtime) == 0
            told = [request.message for request in server.received]
            assert [m["type"] for m in told if m["call"]["id"] == call_id][-1] == "end-of-call-report"
            assert len({m["id"] for m in told}) == len(told), "nothing was sent twice"


@asynccontextmanager
async def _listening(runtime: Child, query: str) -> AsyncIterator[EventClient]:
    port = int(str(runtime.client.base_url).rstrip("/").rpartition(":")[2])
    headers = {"Authorization": runtime.client.headers["Authorization"]}
    async with open_event_client(port, f"/events?{query}", headers) as stream:
        assert stream.status == 200
        yield stream
