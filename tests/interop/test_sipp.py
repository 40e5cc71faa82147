"""sipp as a foreign caller: fifty calls at once, with RTP both ways."""

import csv
import subprocess
from pathlib import Path

import pytest
import trio

from tests.kit.interop import require, require_root
from tests.kit.ports import free_port, free_udp_range
from tests.kit.recordings import recording_path
from tests.kit.rtp_capture import capture, read_streams
from tests.kit.runtime_process import open_runtime_process, rtp_ports, runtime_settings

pytestmark = [pytest.mark.interop, pytest.mark.live]

CALLS = 50
TALK_MS = 12_000
MAX_GAP_MS = 40.0
_SCENARIO = Path(__file__).parent / "sipp" / "caller.xml"


def _write_speech(path: Path) -> None:
    """Two seconds of a recorded word and its silence, as the raw mu-law sipp streams in a loop."""
    wav = recording_path("digits/day-5")
    command = ["sox", str(wav), "-t", "ul", "-r", "8000", "-c", "1", str(path), "pad", "6", "1"]
    subprocess.run(command, check=True)


async def test_fifty_calls_are_answered_and_hear_no_gap(tmp_path: Path) -> None:
    require("sipp", "tcpdump", "sox")
    require_root("capturing packets")
    _write_speech(tmp_path / "speech.ulaw")
    settings = runtime_settings(tmp_path / "data")
    media = free_udp_range(4 * CALLS, above=rtp_ports(settings).stop)
    async with open_runtime_process(settings) as runtime:
        async with capture(tmp_path / "rtp.pcap", rtp_ports(settings)):
            command = ["sipp", f"127.0.0.1:{runtime.sip_port}", "-sf", str(_SCENARIO), "-s", "1000"]
            command += ["-i", "127.0.0.1", "-p", str(free_port()), "-mi", "127.0.0.1"]
            command += ["-mp", str(media)]
            command += ["-d", str(TALK_MS), "-m", str(CALLS), "-l", str(CALLS), "-r", "25"]
            command += ["-nostdin", "-trace_stat", "-stf", str(tmp_path / "stat.csv"), "-trace_err"]
            command += ["-error_file", str(tmp_path / "errors.log")]
            with trio.fail_after(90):
                done = await trio.run_process(
                    command, cwd=tmp_path, check=False, capture_stdout=True, capture_stderr=True
                )
        with (tmp_path / "stat.csv").open() as source:
            last = list(csv.DictReader(source, delimiter=";"))[-1]
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        assert (last["SuccessfulCall(C)"], last["FailedCall(C)"]) == (str(CALLS), "0")
        calls = await runtime.get("/call?limit=100")
        assert len(calls) == CALLS
        assert {call["endedReason"] for call in calls} == {"customer-ended-call"}
    streams = read_streams(tmp_path / "rtp.pcap")
    assert len(streams) == CALLS
    worst = max(stream.largest_gap_ms for stream in streams.values())
    print(f"{CALLS} calls: longest gap {worst:.1f} ms, lost {sum(s.lost for s in streams.values())}")
    assert worst <= MAX_GAP_MS
    assert sum(stream.lost for stream in streams.values()) == 0
    assert min(len(stream.times) for stream in streams.values()) >= TALK_MS // 20 - 25
