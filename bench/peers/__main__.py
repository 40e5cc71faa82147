"""`python -m bench peers [--quick] [--only NAME]...`: other systems and ours, one after the other on the
same core under the same phones.

Each step is a server in a process of its own on one core and the phones of `bench/loadgen` on the other.
What is in the peers' favour and what they do not do stands below the table and in bench/README.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bench import density
from bench.loadgen import LoadResult, open_load_generator
from bench.media_load import load_core, machine, raise_file_limit
from bench.peers.process import PeerError, cpu_meter, open_python_peer, resident_kib
from bench.peers.rtpengine import open_relay
from bench.variants import VARIANTS

PACING_US = 5000
FULL_CPU = 0.97  # of the core: more calls would only queue
_SMALL = (5, 10, 20, 30, 40, 60)
_LARGE = (60, 400, 1200, 1600, 2000, 2400)
_QUICK_SMALL, _QUICK_LARGE = (3, 6), (60, 400)
HEAD = (
    "| system | calls | CPU % | CPU/call % | pacing p99 ms | lost | heard %"
    " | barge-in p50/p99 ms | KiB/call |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True, slots=True)
class Point:
    """One step. `cpu`: share of the core. `heard`: share of the packets that come if one is sent in every
    20 ms. Barge-in in ms.
    """

    calls: int
    cpu: float
    p99_us: float
    lost: int
    heard: float
    barge_in: list[float]
    kib: float

    @property
    def held(self) -> bool:
        """Pacing within 5 ms at p99, and nothing lost."""
        return self.p99_us <= PACING_US and self.lost == 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Of one step, in seconds."""

    warm_up: float
    seconds: float


Measure = Callable[[int, Timing], tuple[Point, str]]


@dataclass(frozen=True, slots=True)
class System:
    """One row of systems: how a step is measured, which returns its figures and the versions."""

    name: str
    measure: Measure
    steps: tuple[int, ...]
    quick: tuple[int, ...]
    small: bool


def _point(calls: int, cpu: float, heard: LoadResult, kib: float, timing: Timing) -> Point:
    return Point(
        calls=calls,
        cpu=cpu,
        p99_us=heard.deviation_us["p99"],
        lost=heard.missing,
        heard=heard.received / (calls * timing.seconds * 50),
        barge_in=sorted(heard.barge_in_ms),
        kib=kib / calls,
    )


def _python_peer(module: str, arguments: tuple[str, ...], calls: int, timing: Timing) -> tuple[Point, str]:
    with (
        open_load_generator(calls, core=load_core()) as load,
        open_python_peer(module, calls, *arguments) as peer,
    ):
        before = resident_kib(peer.pid)
        peer.start(load.ports)
        load.start(peer.ports, warm_up_s=timing.warm_up, seconds=timing.seconds)
        load.wait_measuring()
        used = cpu_meter(peer.pid)
        heard = load.wait_result()
        point = _point(calls, used(), heard, resident_kib(peer.pid) - before, timing)
        return point, ", ".join(f"{name} {version}" for name, version in peer.versions.items())


def _rtpengine(calls: int, timing: Timing) -> tuple[Point, str]:
    with (
        open_load_generator(calls, core=load_core()) as load,
        open_relay(load.ports) as relay,
    ):
        load.start(relay.ports, warm_up_s=timing.warm_up, seconds=timing.seconds)
        load.wait_measuring()
        used = cpu_meter(relay.pid)
        heard = load.wait_result()
        point = _point(calls, used(), heard, resident_kib(relay.pid), timing)
        return replace(point, barge_in=[]), f"rtpengine {relay.version}"


def _ours(variant: str, calls: int, timing: Timing) -> tuple[Point, str]:
    step = density.measure(variant, calls, timing.warm_up, timing.seconds)
    point = Point(
        calls, step.cpu, step.p99_us, step.lost, step.heard / timing.seconds / 50, step.barge_in_ms, step.kib
    )
    return point, ""


def systems() -> list[System]:
    """In the order of the table."""
    ours = [name for name in ("plain", "silero") if name in VARIANTS]
    pipecat = partial(_python_peer, "pipecat_server")
    return [
        *(
            System(f"Aywa, {name}", partial(_ours, name), (*_SMALL[::2], *_LARGE), _QUICK_LARGE, False)
            for name in ours
        ),
        System("kernel floor", partial(_ours, density.FLOOR), _LARGE, _QUICK_LARGE, False),
        System("rtpengine, a leg", _rtpengine, _LARGE, _QUICK_LARGE, False),
        System("Pipecat, Silero", partial(pipecat, ("silero",)), _SMALL, _QUICK_SMALL, True),
        System("Pipecat, WebRTC VAD", partial(pipecat, ("webrtc",)), _SMALL, _QUICK_SMALL, True),
        System(
            "LiveKit Agents, Silero",
            partial(_python_peer, "livekit_server", ()),
            _SMALL,
            _QUICK_SMALL,
            True,
        ),
    ]


def row(name: str, point: Point) -> str:
    """One line of the table."""
    times = point.barge_in
    barge_in = f"{times[len(times) // 2]:.0f}/{times[int(len(times) * 0.99)]:.0f}" if times else "-"
    return (
        f"| {name} | {point.calls} | {point.cpu * 100:.1f} | {point.cpu * 100 / point.calls:.3f}"
        f" | {point.p99_us / 1000:.2f} | {point.lost} | {point.heard * 100:.0f} | {barge_in}"
        f" | {f'{point.kib:.0f}' if point.kib > 0 else '-'} |"
    )


def sweep(system: System, quick: bool, timing: Timing) -> tuple[list[Point], str]:
    """Upwards until the core is full or pacing breaks twice in a row. Raises PeerError if the first step
    fails."""
    points: list[Point] = []
    versions = ""
    for calls in system.quick if quick else system.steps:
        point, versions = system.measure(calls, timing)
        print(row(system.name, point), flush=True)
        points.append(point)
        if point.cpu > FULL_CPU or (not system.small and not any(each.held for each in points[-2:])):
            break
    return points, versions


def verdict(name: str, points: list[Point]) -> str:
    """Where it ends: measured where the sweep got there, else by the CPU of the last step."""
    held = max((point.calls for point in points if point.held), default=0)
    last = points[-1]
    if last.cpu > FULL_CPU or not last.held:
        before = [point.calls for point in points if point.cpu <= FULL_CPU]
        full = f"the core is full between {max(before, default=0)} and {last.calls}"
        end = full if last.cpu > FULL_CPU else f"about {last.calls / last.cpu:.0f} by its CPU"
    else:
        end = f"about {last.calls / last.cpu:.0f} by its CPU"
    return f"* {name}: {held} calls with p99 pacing within 5 ms and nothing lost; saturates at: {end}"


FAIRNESS = """
In the peers' favour: one process carries all their calls, with mock services that answer at once and no \
network beyond RTP; µ-law is done by our native code, one packet in and one out without reordering, \
concealment, source check or DTMF. Ours does those here too, and delivers 100 ms of 16 kHz PCM to a task a \
call. Neither records. Logging is off, no metrics, no turn model, no context. Pipecat sends only while its \
assistant speaks (`heard`) and the pauses do not count as jitter; Silero runs at 8 kHz, start after 60 ms \
(LiveKit: 50 ms), stop after 500 ms; Pipecat ships no WebRTC VAD, that analyzer is ours. LiveKit runs \
without room, WebRTC and Opus, which its deployments have. Not in their favour: asyncio's own loop, as \
installed.

rtpengine relays in userspace (no kernel module), real-time, one thread; a leg is one packet in and one \
out. It decodes nothing, has no VAD, no PCM for a program and nothing to interrupt."""


def main() -> int:
    """Measure what is named, or all; 1 when one of them could not be."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="two steps of 4 s each")
    parser.add_argument("--only", action="append", metavar="NAME", help="systems whose name has this in it")
    parser.add_argument("--seconds", type=float, default=12.0, help="that each step is measured for")
    parser.add_argument("--plots", type=Path, help="where to write the charts")
    arguments = parser.parse_args()
    raise_file_limit()
    timing = Timing(3.0, 4.0) if arguments.quick else Timing(6.0, arguments.seconds)
    print(f"Calls on one core ({machine()})\n\n{HEAD}", flush=True)
    taken: dict[str, list[Point]] = {}
    versions, failed = [], []
    for system in systems():
        if arguments.only and not any(word.lower() in system.name.lower() for word in arguments.only):
            continue
        try:
            taken[system.name], version = sweep(system, arguments.quick, timing)
        except PeerError as error:
            failed.append(f"* {system.name} could not be measured: {error}")
            continue
        if version and version not in versions:
            versions.append(version)
    print("\n" + "\n".join([verdict(name, points) for name, points in taken.items()] + failed))
    print("\nVersions: " + "; ".join(versions) + ".")
    print(FAIRNESS)
    if arguments.plots and taken:
        lines = {name: [(p.calls, p.cpu, p.p99_us) for p in points] for name, points in taken.items()}
        print("\n" + density.plots("peers", lines, arguments.plots))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
