"""`python -m bench.density [--quick]`: calls on one core up to where the p99 of pacing exceeds 5 ms, each
step beside the kernel's floor.

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
from dataclasses import asdict, dataclass

from aywa.log import configure_logging
from bench.loadgen import ROOT
from bench.media_load import Run, machine, raise_file_limit, run_calls, run_floor

FULL = (100, 200, 400, 800, 1200, 1600, 1800, 2000, 2200, 2400, 2800)
QUICK = (400, 1200, 1600, 2000)
HEAD = (
    "|        | calls | CPU % | CPU/call % | engine/call % | dev p50 ms |     p99 |   p99.9 |     max | lost"
    " | barge-in p50/p95/max ms | KiB/call |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)
PACING_US = 5000


@dataclass(frozen=True, slots=True)
class Step:
    """What one run comes to: its line, whether nothing was lost and pacing held, CPU shares of one core."""

    line: str
    clean: bool
    cpu: float
    engine_cpu: float
    p99_us: float


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
        f" | {run.engine_cpu * 100 / run.calls:13.4f}"
        f" | {deviation['p50']:10.3f} | {deviation['p99']:7.3f} | {deviation['p99.9']:7.3f}"
        f" | {deviation['max']:7.3f} | {run.heard.missing:4} | {barge_in:>23} | {memory:>8} |"
    )


def measure(kind: str, calls: int, warm_up_s: float, seconds: float) -> Step:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "bench.density", "--one", kind, str(calls), str(warm_up_s), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Step(**json.loads(done.stdout.splitlines()[-1]))


def one(kind: str, calls: int, warm_up_s: float, seconds: float) -> None:
    """The child's part: run and print JSON."""
    raise_file_limit()
    configure_logging(level="WARNING")
    run = (run_calls if kind == "engine" else run_floor)(calls, warm_up_s=warm_up_s, seconds=seconds)
    name = kind if kind == "floor" or run.clean else "broken"
    p99_us = run.heard.deviation_us["p99"]
    print(json.dumps(asdict(Step(row(name, run), run.clean, run.cpu, run.engine_cpu, p99_us))))


def sweep(steps: tuple[int, ...], warm_up_s: float, seconds: float) -> None:
    """Each step on the engine and then on the bare kernel, upwards until pacing breaks twice in a row."""
    held, cost, floor_cost, broken = 0, 0.0, 0.0, 0
    for calls in steps:
        engine = measure("engine", calls, warm_up_s, seconds)
        floor = measure("floor", calls, warm_up_s, seconds)
        print(f"{engine.line}\n{floor.line}", flush=True)
        if engine.p99_us > PACING_US:
            broken += 1
        else:
            held, cost, floor_cost, broken = calls, engine.cpu / calls, floor.cpu / calls, 0
        if broken == 2 or engine.cpu > 0.99:
            break
    print(
        f"\nCalls on one core with p99 pacing within {PACING_US // 1000} ms: {held}, at {cost * 100:.4f} % of"
        f" it a call; the kernel alone takes {floor_cost * 100:.4f} %.\n"
        "`broken`: something was lost or pacing did not hold. `floor`: the same sends and receives, no more."
    )


def main() -> None:
    """Sweep, or be the child that does one run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four steps of 3 s: about a minute")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, calls, warm_up, seconds = arguments.one
        one(kind, int(calls), float(warm_up), float(seconds))
        return
    print(f"Media engine, calls on one core ({machine()})\n")
    print(HEAD)
    if arguments.quick:
        sweep(QUICK, 1.5, 3.0)
    else:
        sweep(FULL, 4.0, 12.0)


if __name__ == "__main__":
    main()
