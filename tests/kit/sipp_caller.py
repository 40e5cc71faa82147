"""sipp as many callers at once, with recorded speech, and what it measured."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import SOCK_DGRAM

import trio

from tests.kit.ports import free_port, free_udp_range
from tests.kit.recordings import recording_path

_SCENARIOS = Path(__file__).parents[1] / "interop/sipp"


@dataclass(frozen=True, slots=True)
class Burst:
    """`calls` calls, `rate` new ones a second, each of `talk_ms`; a file of tests/interop/sipp.

    `past_a_proxy`: whose processes may turn a 180 and the 200 behind it round, at which sipp gives a call up
    where a telephone does not notice (RFC 3261 section 13.2.2.4: the 200 ends the early dialogue).
    """

    calls: int
    rate: int
    talk_ms: int
    scenario: str = "caller.xml"
    media_above: int = 20_000  # ports of its RTP lie above this one
    past_a_proxy: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`set_up_ms`: from INVITE to 200, of each call that was answered."""

    successful: int
    failed: int
    set_up_ms: list[float]


def _write_speech(folder: Path) -> None:
    """Two seconds of a recorded word and its silence, raw as sipp streams it in a loop."""
    wav = recording_path("digits/day-5")
    for kind, ending in (("ul", "ulaw"), ("al", "alaw")):
        command = ["sox", str(wav), "-t", kind, "-r", "8000", "-c", "1", str(folder / f"speech.{ending}")]
        subprocess.run([*command, "pad", "6", "1"], check=True)


def sipp_command(target: str, folder: Path, burst: Burst) -> list[str]:
    """The command line; run it in `folder`."""
    _write_speech(folder)
    media = free_udp_range(4 * burst.calls, above=burst.media_above, below=32000)
    return [
        *("sipp", target, "-sf", str(_SCENARIOS / burst.scenario), "-s", "1000"),
        *("-i", "127.0.0.1", "-p", str(free_port(SOCK_DGRAM)), "-mi", "127.0.0.1", "-mp", str(media)),
        *("-d", str(burst.talk_ms), "-m", str(burst.calls), "-l", str(burst.calls), "-r", str(burst.rate)),
        *("-nostdin", "-trace_stat", "-stf", str(folder / "stat.csv"), "-trace_rtt", "-rtt_freq", "1"),
        *("-trace_err", "-error_file", str(folder / "errors.log")),
        *(("-default_behaviors", "all,-abortunexp") if burst.past_a_proxy else ()),
    ]


async def sipp_calls(target: str, folder: Path, burst: Burst) -> Outcome:
    """Call `target`, host and port, from `folder`, where sipp writes its files."""
    command = sipp_command(target, folder, burst)
    with trio.fail_after(60 + burst.talk_ms / 1000 + burst.calls / burst.rate):
        done = await trio.run_process(
            command, cwd=folder, check=False, capture_stdout=True, capture_stderr=True
        )
    assert done.returncode in (0, 1), done.stderr.decode()[-2000:]  # 1: some calls failed
    with (folder / "stat.csv").open() as source:
        last = list(csv.DictReader(source, delimiter=";"))[-1]
    return Outcome(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), list(_set_up_times(folder)))


def _set_up_times(folder: Path) -> Iterator[float]:
    """The column response_time_ms of the file that -trace_rtt writes."""
    for path in folder.glob("*_rtt.csv"):
        with path.open() as source:
            for row in csv.DictReader(source, delimiter=";"):
                yield float(row["response_time_ms"])
