"""`python -m bench.density [--quick] [--variant NAME]...`: calls on one core up to where the p99 of pacing
exceeds 5 ms, each step of each variant, and beside them the kernel's floor.

Every call: packets both ways, reordering, WebRTC VAD on each frame, 100 ms of 16 kHz PCM (200 in silence)
delivered to its Python task, playout fed from Python, barge-in; what a variant adds says `bench/variants.py`.
The phones run in a process of their own on another core and measure with the kernel's receive timestamps.
"deviation" is how far the time between two packets is from 20 ms.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from aywa.log import configure_logging
from bench.chart import Axis, Scale, Series, line_chart
from bench.loadgen import ROOT
from bench.media_load import Run, machine, raise_file_limit, run_calls, run_floor
from bench.variants import VARIANTS, Variant

QUICK_STEPS = 3
FLOOR = "floor"
_NAMED = 9  # letters of the longest name
HEAD = (
    "|           | calls | CPU % | CPU/call % | engine/call % | dev p50 ms |     p99 |   p99.9 |     max"
    " | lost | barge-in p50/p99/max ms | KiB/call | |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)
PACING_US = 5000


@dataclass(frozen=True, slots=True)
class Step:
    """What one run comes to: its line, whether nothing was lost and pacing held, CPU shares of one core."""

    line: str
    calls: int
    clean: bool
    cpu: float
    p99_us: float
    lost: int
    heard: float  # packets a call
    barge_in_ms: list[float]
    kib: float  # of memory a call


def row(name: str, run: Run) -> str:
    """One line of the table."""
    deviation = {key: value / 1000 for key, value in run.heard.deviation_us.items()}
    times = sorted(run.heard.barge_in_ms)
    barge_in = "-"
    if times:
        barge_in = f"{times[len(times) // 2]:.0f}/{times[int(len(times) * 0.99)]:.0f}/{times[-1]:.0f}"
    memory = f"{run.memory_per_call_kib:.0f}" if run.memory_per_call_kib else "-"
    return (
        f"| {name:{_NAMED}} | {run.calls:5} | {run.cpu * 100:5.1f} | {run.cpu * 100 / run.calls:10.4f}"
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
    if kind == FLOOR:
        run = run_floor(calls, warm_up_s=warm_up_s, seconds=seconds)
    else:
        run = run_calls(calls, warm_up_s=warm_up_s, seconds=seconds, variant=VARIANTS[kind])
    line = row(kind, run) + (f" {'' if run.clean else run.fault or 'broken'} |")
    heard = run.heard
    step = Step(
        line=line,
        calls=calls,
        clean=run.clean,
        cpu=run.cpu,
        p99_us=heard.deviation_us["p99"],
        lost=heard.missing,
        heard=heard.received / calls,
        barge_in_ms=sorted(heard.barge_in_ms),
        kib=run.memory_per_call_kib,
    )
    print(json.dumps(asdict(step)))


def sweep(kind: str, steps: tuple[int, ...], warm_up_s: float, seconds: float) -> list[Step]:
    """Upwards until pacing breaks twice in a row."""
    taken: list[Step] = []
    broken = 0
    for calls in steps:
        step = measure(kind, calls, warm_up_s, seconds)
        print(step.line, flush=True)
        taken.append(step)
        broken = broken + 1 if step.p99_us > PACING_US else 0
        if broken == 2 or step.cpu > 0.99:
            break
    return taken


def verdict(name: str, taken: list[Step]) -> str:
    """How many calls held, and what each cost then."""
    held = [step for step in taken if step.p99_us <= PACING_US]
    clean = [step for step in taken if step.clean]
    if not held:
        return f"{name}: none held"
    last = held[-1]
    return (
        f"{name}: {last.calls} calls on one core with p99 pacing within {PACING_US // 1000} ms "
        f"({max((step.calls for step in clean), default=0)} with no packet lost either), "
        f"at {last.cpu / last.calls * 100:.4f} % of it a call"
    )


def plots(name: str, lines: dict[str, list[tuple[int, float, float]]], folder: Path) -> str:
    """Write the charts of these lines of (calls, share of the core, p99 in us); returns the Markdown that
    shows them.
    """
    charts = {
        "cpu": ("CPU against calls", Axis("% of one core", Scale.LOG, limit=100.0), 1, 100.0),
        "p99": (
            "Pacing against calls: p99 of the deviation from 20 ms",
            Axis("ms", Scale.LOG, limit=PACING_US / 1000),
            2,
            0.001,
        ),
    }
    shown = []
    for kind, (title, axis, column, unit) in charts.items():
        path = folder / f"{name}_{kind}.svg"
        series = [
            Series(line, tuple((point[0], point[column] * unit) for point in points))
            for line, points in lines.items()
            if points
        ]
        path.write_text(line_chart(title, Axis("calls", Scale.LOG), axis, series), encoding="utf-8")
        shown.append(f"![{title}]({path.name})")
    return "\n".join(shown)


def steps_of(variant: Variant, quick: bool) -> tuple[int, ...]:
    """All, or the first few above the lowest."""
    return variant.steps[1 : 1 + QUICK_STEPS] if quick else variant.steps


def main() -> None:
    """Sweep, or be the child that does one run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three steps of 3 s each")
    parser.add_argument("--variant", action="append", choices=[*VARIANTS, FLOOR], help="default: all of them")
    parser.add_argument("--seconds", type=float, default=12.0, help="that each step is measured for")
    parser.add_argument("--plots", type=Path, help="where to write the charts")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, calls, warm_up, seconds = arguments.one
        one(kind, int(calls), float(warm_up), float(seconds))
        return
    seconds_each = 3.0 if arguments.quick else arguments.seconds
    warm_up_s = 1.5 if arguments.quick else 4.0
    print(f"Media engine, calls on one core ({machine()})\n")
    print(HEAD)
    sweeps = {}
    for kind in arguments.variant or [*VARIANTS, FLOOR]:
        steps = steps_of(VARIANTS["plain" if kind == FLOOR else kind], arguments.quick)
        sweeps[kind] = sweep(kind, steps, warm_up_s, seconds_each)
    print()
    for kind, taken in sweeps.items():
        print(f"* {verdict(kind, taken)}")
    print(
        "\n`broken`: something was lost or pacing did not hold. `floor`: the same sends and receives through"
        " the kernel's UDP path, no more."
    )
    for kind in sweeps:
        if kind != FLOOR:
            print(f"`{kind}`: {VARIANTS[kind].what}.")
    if arguments.plots:
        lines = {
            kind: [(step.calls, step.cpu, step.p99_us) for step in taken] for kind, taken in sweeps.items()
        }
        print("\n" + plots("density", lines, arguments.plots))


if __name__ == "__main__":
    main()
