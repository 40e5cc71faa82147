"""`make bench`: every measurement in a process of its own, one after the other, on a quiet machine.

    python -m bench [NAME...] [--save] [OPTION...]

With `--save` what was printed is kept in `bench/results/NAME.md`, under the machine and the date. Other
options are the measurement's own.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One module of this package that prints Markdown when it is run."""

    name: str
    module: str
    title: str
    plots: bool = False  # it takes `--plots FOLDER` and shows there what it writes
    long: bool = False  # it takes half an hour: only when it is named


MEASUREMENTS = (
    Measurement("native", "bench.native", "Nanoseconds per 20 ms frame of each native kernel"),
    Measurement("density", "bench.density", "Calls on one core, beside the kernel's floor", plots=True),
    Measurement("peers", "bench.peers", "Calls on one core, beside other systems", plots=True),
    Measurement("gil_hog", "bench.gil_hog", "Pacing and barge-in while Python holds the GIL"),
    Measurement("rooms", "bench.rooms", "Calls that hear one another: the price of a bridge"),
    Measurement("loss", "bench.loss", "Recorded speech after losses, jitter and drift"),
    Measurement("echo", "bench.echo", "Echo guard: false interruptions and words found"),
    Measurement("heard", "bench.heard", "What was heard of a cut phrase, beside the truth"),
    Measurement("amd", "bench.amd", "Answering-machine detection on recorded greetings"),
    Measurement("fuzz", "bench.fuzz", "A million mutated RTP packets and 100,000 mutated reports"),
    Measurement("fuzz_sip", "bench.fuzz_sip", "Ten minutes of hostile SIP for each target", long=True),
    Measurement("rtp_spray", "bench.rtp_spray", "Twenty calls while their ports are sprayed"),
    Measurement("sip_flood", "bench.sip_flood", "Floods of every method, and a trunk that calls", long=True),
    Measurement("sip_churn", "bench.sip_churn", "Three thousand calls with every ending", long=True),
    Measurement("barge_in", "bench.barge_in", "Barge-in through the whole runtime"),
    Measurement("time_to_yield", "bench.time_to_yield", "How soon the engine falls silent for a caller"),
    Measurement("turn_overhead", "bench.turn_overhead", "What the runtime adds to an answer's delay"),
    Measurement("sip_setup", "bench.sip_setup", "Twenty new calls a second: from INVITE to 200 OK"),
    Measurement("api_contract", "bench.api_contract", "The API against its own OpenAPI document", long=True),
    Measurement("api_load", "bench.api_load", "Two hundred requests a second beside two hundred calls"),
    Measurement("outbox", "bench.outbox", "Five hundred messages a second while one of two servers is down"),
    Measurement("voices", "bench.voices", "What a streaming voice costs in CPU"),
    Measurement("knowledge", "bench.knowledge", "Fifty questions over a handbook: which find their section"),
    Measurement("tool_kills", "bench.tool_kills", "Two hundred killed workers: which tools ran twice"),
    Measurement("kill", "bench.kill", "Fifty kills with fifty live calls: what is lost", long=True),
    Measurement("soak", "bench.soak", "Long calls and many calls: what stays behind", long=True),
)


def machine() -> str:
    """What the figures were taken on, in a line."""
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith(("model name", "Model")):
            cpu = line.partition(":")[2].strip()
            break
    python = platform.python_version()
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {python}"


def conditions() -> str:
    """Machine, date and how busy it was before the measurement began."""
    now = datetime.now(UTC)
    return f"{machine()}; {now:%Y-%m-%d %H:%M} UTC; load average before: {os.getloadavg()[0]:.2f}"


def run(measurement: Measurement, keep: bool, options: Sequence[str] = ()) -> tuple[int, str]:
    """Run one in a fresh process, showing what it prints as it comes; its exit code and its output."""
    command = [sys.executable, "-m", measurement.module, *options]
    if keep and measurement.plots:
        command += ["--plots", str(RESULTS)]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def save(measurement: Measurement, taken_on: str, output: str) -> Path:
    """Keep a result; returns the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{measurement.name}.md"
    body = output.strip()
    if not any(line.startswith("|") for line in output.splitlines()):
        body = f"```\n{body}\n```"  # aligned text, not Markdown
    path.write_text(f"# {measurement.title}\n\n{taken_on}\n\n{body}\n", encoding="utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, or all that are not long; 1 when a measurement failed or missed its bound."""
    known = {measurement.name: measurement for measurement in MEASUREMENTS if find_spec(measurement.module)}
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--save", action="store_true", help="keep the output in bench/results")
    chosen, options = parser.parse_known_args(arguments)
    unknown = [name for name in chosen.names if name not in known]
    if options and len(chosen.names) != 1:
        parser.error(f"{' '.join(options)} is for one measurement: name it")
    if unknown:
        parser.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(known)}")
    failed = []
    for name in chosen.names or [name for name, each in known.items() if not each.long]:
        taken_on = conditions()
        print(f"\n## {known[name].title}\n\n{taken_on}\n", flush=True)
        code, output = run(known[name], chosen.save, options)
        if code != 0:
            failed.append(name)
        elif chosen.save:
            print(f"\nkept in {save(known[name], taken_on, output)}")
    if failed:
        print(f"these failed or missed their bound: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
