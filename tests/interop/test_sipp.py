"""sipp as a foreign caller: fifty calls at once, with RTP both ways."""

import csv
import subprocess
from pathlib import Path
from socket import SOCK_DGRAM

import pytest
import trio

from aywa_server.child import Child
from tests.kit.interop import require, require_root
from tests.kit.ports import free_port, free_udp_range
from tests.kit.recordings import recording_path
from tests.kit.rtp_capture import Stream, capture, read_streams
from tests.kit.runtime_process import open_runtime_process, rtp_ports, runtime_settings

pytestmark = [pytest.mark.interop, pytest.mark.live]

CALLS = 50
TALK_MS = 12_000
MAX_GAP_MS = 40.0
_SCENARIOS = Path(__file__).parent / "sipp"


def _write_speech(folder: Path) -> None:
    """Two seconds of a recorded word and its silence, raw as sipp streams it in a loop."""
    wav = recording_path("digits/day-5")
    for kind, ending in (("ul", "ulaw"), ("al", "alaw")):
        command = ["sox", str(wav), "-t", kind, "-r", "8000", "-c", "1", str(folder / f"speech.{ending}")]
        subprocess.run([*command, "pad", "6", "1"], check=True)


async def _call(folder: Path, scenario: str, calls: int, talk_ms: int) -> list[Stream]:
    """So many calls at once, all answered and ended well; what was sent to each."""
    require("sipp", "tcpdump", "sox")
    require_root("capturing packets")
    _write_speech(folder)
    settings = runtime_settings(folder / "data")
    media = free_udp_range(4 * calls, above=rtp_ports(settings).stop, below=32000)
    async with open_runtime_process(settings) as runtime:
        async with capture(folder / "rtp.pcap", rtp_ports(settings)):
            command = [
                "sipp",
                f"127.0.0.1:{runtime.sip_port}",
                "-sf",
                str(_SCENARIOS / scenario),
                "-s",
                "1000",
            ]
            command += ["-i", "127.0.0.1", "-p", str(free_port(SOCK_DGRAM)), "-mi", "127.0.0.1"]
            command += ["-mp", str(media)]
            command += ["-d", str(talk_ms), "-m", str(calls), "-l", str(calls), "-r", "25"]
            command += ["-nostdin", "-trace_stat", "-stf", str(folder / "stat.csv"), "-trace_err"]
            command += ["-error_file", str(folder / "errors.log")]
            with trio.fail_after(90):
                done = await trio.run_process(
                    command, cwd=folder, check=False, capture_stdout=True, capture_stderr=True
                )
        with (folder / "stat.csv").open() as source:
            last = list(csv.DictReader(source, delimiter=";"))[-1]
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        assert (last["SuccessfulCall(C)"], last["FailedCall(C)"]) == (str(calls), "0")
        rows = await _ended(runtime)
        assert len(rows) == calls
        assert {row["endedReason"] for row in rows} == {"customer-ended-call"}
    streams = read_streams(folder / "rtp.pcap")
    assert len(streams) == calls
    return list(streams.values())


async def _ended(runtime: Child) -> list[dict[str, object]]:
    """All calls, once each is written as ended: sipp has its 200 before the record is closed."""
    with trio.fail_after(10):
        while True:
            rows = await runtime.get("/call?limit=100")
            if all("endedReason" in row for row in rows):
                return rows
            await trio.sleep(0.1)


async def test_fifty_calls_are_answered_and_hear_no_gap(tmp_path: Path) -> None:
    streams = await _call(tmp_path, "caller.xml", CALLS, TALK_MS)
    worst = max(stream.largest_gap_ms for stream in streams)
    print(f"{CALLS} calls: longest gap {worst:.1f} ms, lost {sum(stream.lost for stream in streams)}")
    assert worst <= MAX_GAP_MS
    assert sum(stream.lost for stream in streams) == 0
    assert min(len(stream.times) for stream in streams) >= TALK_MS // 20 - 25


async def test_callers_who_ask_for_30_ms_of_a_law_get_them(tmp_path: Path) -> None:
    streams = await _call(tmp_path, "caller_alaw_30ms.xml", 5, 4000)
    worst = max(stream.largest_gap_ms for stream in streams)
    print(f"PCMA at 30 ms: {dict(streams[0].kinds)} (payload type, bytes), longest gap {worst:.1f} ms")
    assert {kind for stream in streams for kind in stream.kinds} == {(8, 240)}
    assert worst <= MAX_GAP_MS + 10
    assert sum(stream.lost for stream in streams) == 0
    assert min(len(stream.times) for stream in streams) >= 4000 // 30 - 20
