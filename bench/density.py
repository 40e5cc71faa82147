"""`python -m bench.density [--quick]`: calls on one core, up to where pacing or loss breaks, beside the
kernel's floor.

Every call: PCMU both ways, reordering, WebRTC VAD on each frame, 100 ms of 16 kHz PCM delivered to its
Python task, playout fed from Python, barge-in. The phones run in a process of their own on another core and
measure with the kernel's receive timestamps. "deviation" is how far the time between two packets is from 20
ms.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from bench.loadgen import ROOT
from bench.media_load import Run, machine, raise_file_limit, run_calls, run_floor

FULL = (100, 200, 400, 800, 1200, 1600, 1800, 2000, 2200, 2400)
QUICK = (400, 1200, 1600, 2000)
HEAD = (
    "|        | calls | CPU % | CPU/call % | dev p50 ms |     p99 |   p99.9 |     max | lost"
    " | barge-in p50/p95/max ms | KiB/call |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def row(name: str, run: Run) -> str:
    """One line of the table."""
    deviation = {key: value / 1000 for key, value in run.heard.deviation_us.items()}
    times = sorted(run.heard.barge_in_ms)
    barge_in = "-"
    if times:
        barge_in = f"{times[len(times) // 2]:.0f}/{times[int(len(times) * 0.95)]:.0f}/{times[-1]:.0f}"
    memory = f"{run.memory_per_call_kib:.0f}" if run.memory_per_call_kib else "-"
    return (
        f"| {name:6} | {run.calls:5} | {run.cpu * 100:5.1f} | {run.cpu * 100 / run.calls:10.4f}"
        f" | {deviation['p50']:10.3f} | {deviation['p99']:7.3f} | {deviation['p99.9']:7.3f}"
        f" | {deviation['max']:7.3f} | {run.heard.missing:4} | {barge_in:>23} | {memory:>8} |"
    )


def measure(kind: str, calls: int, warm_up_s: float, seconds: float) -> tuple[str, bool, float]:
    """One run in a process of its own: (table line, clean, CPU share)."""
    command = [sys.executable, "-m", "bench.density", "--one", kind, str(calls), str(warm_up_s), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return result["row"], result["clean"], result["cpu"]


def one(kind: str, calls: int, warm_up_s: float, seconds: float) -> None:
    """The child's part: run and print JSON."""
    raise_file_limit()
    run = (run_calls if kind == "engine" else run_floor)(calls, warm_up_s=warm_up_s, seconds=seconds)
    print(json.dumps({"row": row(kind, run), "clean": run.clean, "cpu": run.cpu, "engine_cpu": run.engine_cpu, "p99": run.heard.deviation_us["p99"]}))


def main() -> None:
    """Sweep upwards until two steps in a row break, then say what held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four steps of 5 s: about a minute")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, calls, warm_up, seconds = arguments.one
        one(kind, int(calls), float(warm_up), float(seconds))
        return
    steps, warm_up_s, seconds = (QUICK, 3.0, 6.0) if arguments.quick else (FULL, 4.0, 15.0)
    print(f"Media engine, calls on one core ({machine()})\n")
    print(HEAD)
    best, broken = 0, 0
    for calls in steps:
        line, clean, cpu = measure("engine", calls, warm_up_s, seconds)
        print(line if clean else line.replace("engine", "broken", 1), flush=True)
        best, broken = (calls, 0) if clean else (best, broken + 1)
        if broken == 2 or cpu > 0.99:
            break
    floor_calls = best or steps[0]
    line, _, cpu = measure("floor", floor_calls, warm_up_s, seconds)
    print(line)
    print(f"\nHeld: {best} calls. The kernel alone would carry about {int(floor_calls / cpu)} on this core")


if __name__ == "__main__":
    main()
