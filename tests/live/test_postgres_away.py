"""PostgreSQL is away in mid-call: the call goes on, nothing of it is lost, and the API says 503 at once."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import trio

from aywa_server.child import Child
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.postgres import postgres_url
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status
from tests.kit.tcp_proxy import Way, open_postgres_proxy

__all__ = ["postgres_url"]
pytestmark = [pytest.mark.live, pytest.mark.paired]
GAP_MS = 40.0
SAMPLES_PER_MS = 8
PATIENCE_S = 8.0  # asyncpg alone gives up after 10 and 15 s


class Heard:
    """What the caller is sent: every packet's place in the order and in time."""

    def __init__(self) -> None:
        self.sequences: list[int] = []
        self.timestamps: list[int] = []
        self.at: list[float] = []

    async def listen(self, call: PlainCall) -> None:
        while True:
            data = await call.media.recv(2048)
            sequence, timestamp = struct.unpack_from("!HI", data, 2)
            self.sequences.append(sequence)
            self.timestamps.append(timestamp)
            self.at.append(trio.current_time())

    def holes(self) -> list[int]:
        steps = zip(self.sequences, self.sequences[1:], strict=False)
        return [(after - before) & 0xFFFF for before, after in steps if (after - before) & 0xFFFF != 1]

    def longest_ms(self) -> float:
        """Of audio, from one packet's beginning to the next one's: what its listener's phone plays."""
        steps = zip(self.timestamps, self.timestamps[1:], strict=False)
        return max((after - before) & 0xFFFFFFFF for before, after in steps) / SAMPLES_PER_MS

    def gap_ms(self) -> float:
        return max(after - before for before, after in zip(self.at, self.at[1:], strict=False)) * 1000


async def talk(call: PlainCall) -> None:
    while True:
        await call.send(call.packet())
        await trio.sleep(0.02)


async def skipped_ticks(runtime: Child) -> float:
    """How often the engine was so late that it left a packet out."""
    metrics = (await runtime.client.get("/metrics")).text
    (found,) = [line for line in metrics.splitlines() if line.startswith("aywa_engine_skipped_ticks ")]
    return float(found.split()[1])


async def refused(client: httpx.AsyncClient, path: str) -> tuple[httpx.Response, float]:
    began = trio.current_time()
    answer = await client.get(path, timeout=PATIENCE_S)
    return answer, trio.current_time() - began


async def all_is_there(runtime: Child) -> None:
    """Both calls, whole."""
    calls = await runtime.get("/call")
    assert sorted(each["endedReason"] for each in calls) == [
        "call.in-progress.error-process-lost",
        "customer-ended-call",
    ], "the call that came meanwhile is there, and ended as it did"
    for each in calls:
        events = (await runtime.get(f"/call/{each['id']}/timeline"))["timeline"]
        kinds = [event["kind"] for event in events]
        assert kinds[0] == "call.created"
        assert kinds.count("call.ended") == 1
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


async def test_calls_go_on_and_nothing_of_them_is_lost(
    postgres_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    heard = Heard()
    async with open_postgres_proxy(postgres_url) as (proxy, through):
        settings = runtime_settings(tmp_path / "data", RUNTIME_STORE_POSTGRES_URL=through)
        async with (
            open_runtime_process(settings) as runtime,
            open_plain_call(runtime.sip_port) as call,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(talk, call)
            row = await wait_for_status(runtime, "in-progress")
            skipped = await skipped_ticks(runtime)
            nursery.start_soon(heard.listen, call)
            await proxy.turn(Way.STALLED)
            slowest = 0.0
            for path in (f"/call/{row['id']}", "/call", "/assistant", f"/call/{row['id']}/timeline"):
                answer, took = await refused(runtime.client, path)
                slowest = max(slowest, took)
                assert answer.status_code == 503
                assert answer.headers["Retry-After"]
            ready, took = await refused(runtime.client, "/readyz")
            assert ready.status_code == 503
            assert "PostgreSQL" in ready.text
            async with open_plain_call(runtime.sip_port, seed=2) as another:
                with trio.move_on_after(2):
                    await talk(another)
            await trio.sleep(1)
            record_property(
                "shown", f"refused within {max(slowest, took):.2f} s, longest gap {heard.gap_ms():.0f} ms"
            )
            assert heard.holes() == []
            assert len(heard.sequences) > 100
            skipped = await skipped_ticks(runtime) - skipped
            assert heard.longest_ms() <= GAP_MS, f"the engine got no CPU in time {skipped:.0f} times"
            runtime.kill()
            nursery.cancel_scope.cancel()
        left = list((tmp_path / "data" / "journal").iterdir())
        assert len(left) == 1
        await proxy.turn(Way.OPEN)
        async with open_runtime_process(settings) as runtime:
            ended = await wait_for_end(runtime, row["id"], seconds=20)
            assert ended["endedReason"] == "call.in-progress.error-process-lost"
            await all_is_there(runtime)
            assert not left[0].exists()
            await proxy.turn(Way.REFUSED)
            assert (await refused(runtime.client, "/call"))[0].status_code == 503
            await proxy.turn(Way.OPEN)
            with trio.fail_after(PATIENCE_S):
                while (await runtime.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - somebody else's state
                    await trio.sleep(0.05)
            assert (await refused(runtime.client, "/call"))[0].status_code == 200
