"""`python -m bench.soak [--calls N] [--minutes M] [--churn N]`: does anything stay behind?

The whole runtime in a process of its own with its embedded database: `--calls` callers for `--minutes`,
each saying something now and then, then `--churn` short calls one after the other. After each phase and
40 s of settling, its file descriptors, sockets and tasks must be what they were before the first, and
in the second half of each phase its memory must not have grown by more than 2 %. 1 when anything of
this is missed.

Descriptors, sockets and tasks are counted without the database pool's connections, each of which is one of
each: they come and go by their own rule, have a bound and are shown beside.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

import httpx
import trio

from aywa.caller.clips import read_clip
from aywa.log import configure_logging
from aywa_server.child import Child, open_child
from aywa_server.demo import sounds_folder
from bench.media_load import machine, raise_file_limit
from bench.soak_caller import Callers, Habit, open_callers
from tests.kit.ports import free_port

_WORDS = ("digits/day-5", "digits/3", "digits/day-1", "digits/2", "digits/tomorrow")
_RUNTIME_PORTS = ("10000", "23999")  # a port rests for 30 s after its call
_SAMPLE_S = 2.0
_WARM_UP_CALLS = 8
_CHURN_AT_ONCE = 40
_MOST_GROWTH = 0.02
_ASKED = 6  # times before it counts as not answering
_GAUGE = re.compile(r"^aywa_(tasks|calls_live|engine_legs) ([0-9.e+]+)$", re.MULTILINE)
LONG = Habit(stays_s=3600.0, speaks_every_s=12.0)
SHORT = Habit(stays_s=2.0, speaks_every_s=1.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the runtime's process at one moment. `database`: connections of its pool."""

    descriptors: int
    sockets: int
    database: int
    threads: int
    tasks: int
    calls: int
    resident_kib: int

    def left_over(self, before: Figures) -> list[str]:
        """What is not as it was."""
        pairs = (
            ("file descriptors", self.descriptors, before.descriptors),
            ("sockets", self.sockets, before.sockets),
            ("tasks", self.tasks, before.tasks),
            ("calls", self.calls, before.calls),
        )
        return [f"{name} {was} before, {now} after" for name, now, was in pairs if now != was]


@dataclass(frozen=True, slots=True)
class Phase:
    """What one phase came to. `resident_kib`: samples while it went on."""

    name: str
    resident_kib: list[int]
    after: Figures

    def eighths(self) -> str:
        """The median of each eighth of the phase, in MiB."""
        samples = self.resident_kib
        cuts = [len(samples) * part // 8 for part in range(9)]
        parts = [samples[begin:end] for begin, end in pairwise(cuts)]
        return ", ".join(f"{median(part) / 1024:.1f}" for part in parts if part)

    @property
    def growth(self) -> float:
        """Of memory in the second half: the median of its last quarter against that of its first."""
        half = self.resident_kib[len(self.resident_kib) // 2 :]
        quarter = max(1, len(half) // 4)
        return median(half[-quarter:]) / median(half[:quarter]) - 1 if half else 0.0


class Watch:
    """Reads the figures of the runtime's process and samples its memory."""

    def __init__(self, child: Child, data: Path) -> None:
        self._child = child
        self._proc = Path(f"/proc/{child.process.pid}")
        self._data = data
        self.samples: list[int] = []
        self.unanswered = 0  # requests, within the client's 10 s each

    async def figures(self) -> Figures:
        """All of them now."""
        answer = await self._metrics()
        gauges = {name: int(float(value)) for name, value in _GAUGE.findall(answer.text)}
        links = list(self._links())
        database = self._database_connections()
        status = self._status()
        return Figures(
            descriptors=len(links) - database,
            sockets=sum(link.startswith("socket:") for link in links) - database,
            database=database,
            threads=status["Threads"],
            tasks=gauges["tasks"] - database,
            calls=gauges["calls_live"] + gauges["engine_legs"],
            resident_kib=status["VmRSS"],
        )

    async def _metrics(self) -> httpx.Response:
        """A machine that others use too may let it wait; how often it did is told. Raises httpx.HTTPError."""
        for attempt in range(_ASKED):
            try:
                answer = await self._child.client.get("/metrics")
            except httpx.TransportError:
                if attempt + 1 == _ASKED or self._child.process.poll() is not None:
                    raise
                self.unanswered += 1
            else:
                return answer.raise_for_status()
        raise AssertionError("it answers or raises")

    async def sample(self) -> None:
        """Note the memory every two seconds until cancelled."""
        self.samples = []
        while True:
            self.samples.append(self._status()["VmRSS"])
            await trio.sleep(_SAMPLE_S)

    def _links(self) -> list[str]:
        links = []
        for path in (self._proc / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                links.append(os.readlink(path))
        return links

    def _status(self) -> dict[str, int]:
        fields = {}
        for line in (self._proc / "status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "Threads"):
                fields[name] = int(value.split()[0])
        return fields

    def _database_connections(self) -> int:
        """Server processes of the embedded database that serve a client."""
        found = 0
        for pid_file in self._data.rglob("postmaster.pid"):
            postmaster = pid_file.read_text().splitlines()[0]
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            for child in children:
                with suppress(OSError):
                    found += "[local]" in Path(f"/proc/{child}/cmdline").read_text()
        return found


async def hold(callers: Callers, calls: int, habit: Habit, seconds: float) -> None:
    """So many callers at any moment: who is hung up on calls again."""

    async def caller() -> None:
        while True:
            await callers.call(habit)

    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:
            for _ in range(calls):
                nursery.start_soon(caller)
                await trio.sleep(min(0.05, seconds / calls / 10))


async def churn(callers: Callers, total: int) -> None:
    """So many completed calls, some at a time."""
    wanted = callers.tally.completed + total
    begun = callers.tally.completed

    async def caller() -> None:
        nonlocal begun
        while begun < wanted:
            begun += 1
            if not await callers.call(SHORT):
                begun -= 1

    async with trio.open_nursery() as nursery:
        for _ in range(min(_CHURN_AT_ONCE, total)):
            nursery.start_soon(caller)
            await trio.sleep(SHORT.stays_s / _CHURN_AT_ONCE)


async def phase(name: str, work: Callable[[], Awaitable[None]], watch: Watch, settle_s: float) -> Phase:
    """Do the work with the memory watched, let it settle, look at what is left."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.sample)
        await work()
        nursery.cancel_scope.cancel()
    await trio.sleep(settle_s)
    done = Phase(name, watch.samples, await watch.figures())
    print(row(done.name, done.after, done), flush=True)
    return done


def row(name: str, figures: Figures, done: Phase | None) -> str:
    """One line of the table."""
    growth = f"{done.growth * 100:+.2f}" if done else "-"
    peak = f"{max(done.resident_kib) / 1024:.1f}" if done and done.resident_kib else "-"
    return (
        f"| {name} | {figures.descriptors} | {figures.sockets} | {figures.tasks} | {figures.calls}"
        f" | {figures.threads} | {figures.database} | {figures.resident_kib / 1024:.1f} | {peak} | {growth} |"
    )


def soak_settings(data: Path) -> dict[str, str]:
    """Of a runtime whose calls may stay for hours."""
    return {
        "RUNTIME_HTTP_PORT": str(free_port() % 500 + 9000),
        "RUNTIME_SIP_PORT": str(free_port(socket.SOCK_DGRAM) % 500 + 9000),
        "RUNTIME_RTP_PORT_MIN": _RUNTIME_PORTS[0],
        "RUNTIME_RTP_PORT_MAX": _RUNTIME_PORTS[1],
        "RUNTIME_DATA_DIR": str(data),
        "RUNTIME_API_KEY": "bench-key-0123456789abcdef",
        "RUNTIME_MAX_DURATION_S": "43200",
        "RUNTIME_SILENCE_TIMEOUT_S": "3600",
        "RUNTIME_LOG_LEVEL": "WARNING",
        "RUNTIME_RECORD": "true",
        "RUNTIME_AI_DISCLOSURE": "false",
        "PYTHONFAULTHANDLER": "1",
    }


async def run(arguments: argparse.Namespace) -> list[str]:
    """The phases; returns what was missed."""
    with tempfile.TemporaryDirectory(prefix="aywa-soak-") as folder:
        data = Path(folder) / "data"
        settings = soak_settings(data)
        clips = [read_clip(str(sounds_folder() / f"{word}.wav")) for word in _WORDS]
        async with (
            open_child(settings, Path(folder) / "log") as child,
            open_callers(child.sip_port, clips) as callers,
        ):
            try:
                return await _phases(arguments, callers, Watch(child, data))
            except httpx.TransportError as error:
                return [await _gone(child, error)]


async def _gone(child: Child, error: httpx.TransportError) -> str:
    """How a runtime ended that does not answer, in its own last words."""
    words = (await trio.Path(child.log).read_text(errors="replace")).splitlines()[-40:]
    status = child.process.poll()
    how = "still runs" if status is None else f"ended with status {status}"
    if status is None:  # PYTHONFAULTHANDLER: where its threads are
        child.process.send_signal(signal.SIGABRT)
        await trio.to_thread.run_sync(child.process.wait, 30)
        words = (await trio.Path(child.log).read_text(errors="replace")).splitlines()[-80:]
    return "\n".join((f"the runtime did not answer ({error}) and {how}; it said", *words))


async def _phases(arguments: argparse.Namespace, callers: Callers, watch: Watch) -> list[str]:
    await churn(callers, _WARM_UP_CALLS)
    await trio.sleep(arguments.settle)
    before = await watch.figures()
    print(row("before", before, None), flush=True)
    works = (
        (
            f"{arguments.calls} calls, {arguments.minutes:g} min",
            partial(hold, callers, arguments.calls, LONG, 60 * arguments.minutes),
        ),
        (f"{arguments.churn} calls, {_CHURN_AT_ONCE} at a time", partial(churn, callers, arguments.churn)),
    )
    missed, eighths = [], []
    for name, work in works:
        done = await phase(name, work, watch, arguments.settle)
        missed += [f"{name}: {text}" for text in done.after.left_over(before)]
        if done.growth > _MOST_GROWTH:
            missed.append(f"{name}: memory grew by {done.growth * 100:.1f} % in the second half")
        eighths.append(f"{name}: {done.eighths()}")
    print("\nMiB in each eighth of a phase. " + "; ".join(eighths) + ".")
    if watch.unanswered:
        print(f"\n{watch.unanswered} requests were not answered within 10 s.")
    tally = callers.tally
    outcomes = ", ".join(f"{count} {how}" for how, count in sorted(tally.ended.items()))
    print(f"\nCalls ended: {outcomes}; packets received {tally.packets}, lost {tally.lost}.")
    if tally.completed < arguments.churn:
        missed.append(f"only {tally.completed} calls were completed")
    return missed


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--churn", type=int, default=3000)
    parser.add_argument("--settle", type=float, default=40.0, help="seconds before each look")
    arguments = parser.parse_args()
    raise_file_limit()
    configure_logging(level="WARNING")
    print(f"The whole runtime ({machine()})\n")
    print(
        "| after | file descriptors | sockets | tasks | calls + legs | threads | database connections"
        " | MiB | peak | growth in the second half % |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    missed = trio.run(run, arguments)
    print("\n" + ("\n".join(f"* missed: {text}" for text in missed) if missed else "Passed."))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
