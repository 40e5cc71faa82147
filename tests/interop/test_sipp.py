"""sipp as a foreign caller: a hundred calls at once, with RTP both ways, and twenty new ones a second."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from aywa_server.child import Child
from tests.kit.interop import require, require_root
from tests.kit.rtp_capture import Stream, capture, read_streams
from tests.kit.runtime_process import open_runtime_process, rtp_ports, runtime_settings, wide_rtp_range
from tests.kit.sipp_caller import Burst, Outcome, sipp_calls

pytestmark = [pytest.mark.interop, pytest.mark.live]

CALLS = 100
TALK_MS = 12_000
MAX_GAP_MS = 40.0


async def _call(folder: Path, burst: Burst) -> tuple[list[Stream], Outcome]:
    """So many calls at once, all answered and ended well; what was sent to each."""
    require("sipp", "tcpdump", "sox")
    require_root("capturing packets")
    settings = runtime_settings(folder / "data")
    burst = replace(burst, media_above=rtp_ports(settings).stop)
    async with open_runtime_process(settings) as runtime:
        async with capture(folder / "rtp.pcap", rtp_ports(settings)):
            outcome = await sipp_calls(f"127.0.0.1:{runtime.sip_port}", folder, burst)
        assert (outcome.successful, outcome.failed) == (burst.calls, 0)
        rows = await _ended(runtime)
        assert len(rows) == burst.calls
        assert {row["endedReason"] for row in rows} == {"customer-ended-call"}
    streams = read_streams(folder / "rtp.pcap")
    assert len(streams) == burst.calls
    return list(streams.values()), outcome


async def _ended(runtime: Child) -> list[dict[str, object]]:
    """All calls, once each is written as ended: sipp has its 200 before the record is closed."""
    with trio.fail_after(10):
        while True:
            rows = await runtime.get("/call?limit=100")
            if all("endedReason" in row for row in rows):
                return rows
            await trio.sleep(0.1)


async def test_a_hundred_calls_are_answered_and_hear_no_gap(tmp_path: Path) -> None:
    streams, _ = await _call(tmp_path, Burst(CALLS, 25, TALK_MS))
    worst = max(stream.largest_gap_ms for stream in streams)
    print(f"{CALLS} calls: longest gap {worst:.1f} ms, lost {sum(stream.lost for stream in streams)}")
    assert worst <= MAX_GAP_MS
    assert sum(stream.lost for stream in streams) == 0
    assert min(len(stream.times) for stream in streams) >= TALK_MS // 20 - 25


async def test_callers_who_ask_for_30_ms_of_a_law_get_them(tmp_path: Path) -> None:
    streams, _ = await _call(tmp_path, Burst(5, 25, 4000, "caller_alaw_30ms.xml"))
    worst = max(stream.largest_gap_ms for stream in streams)
    print(f"PCMA at 30 ms: {dict(streams[0].kinds)} (payload type, bytes), longest gap {worst:.1f} ms")
    assert {kind for stream in streams for kind in stream.kinds} == {(8, 240)}
    assert worst <= MAX_GAP_MS + 10
    assert sum(stream.lost for stream in streams) == 0
    assert min(len(stream.times) for stream in streams) >= 4000 // 30 - 20


async def test_twenty_calls_a_second_are_all_answered(tmp_path: Path) -> None:
    """How fast they are answered is measured where nothing else runs: `python -m bench sip_setup`."""
    require("sipp", "sox")
    settings = runtime_settings(tmp_path / "data", **wide_rtp_range(512))  # a port rests after its call
    async with open_runtime_process(settings) as runtime:
        outcome = await sipp_calls(f"127.0.0.1:{runtime.sip_port}", tmp_path, Burst(200, 20, 2000))
    p95 = sorted(outcome.set_up_ms)[int(len(outcome.set_up_ms) * 0.95)]
    print(f"{outcome.successful} calls, 20 a second: 200 OK after {p95:.1f} ms at the 95th percentile")
    assert (outcome.successful, outcome.failed, len(outcome.set_up_ms)) == (200, 0, 200)
