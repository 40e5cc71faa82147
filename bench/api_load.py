"""`python -m bench.api_load [--load CALLS/PER_SECOND ...] [--seconds S]`: the API while calls are up.

For each load the whole runtime in a process of its own with its embedded database and so many callers: first
the calls alone, then so many requests a second beside them, at their times whether or not those before were
answered: calls read, listed and explained, an assistant changed, something added to a live conversation.
Latency is the client's, its own work included. 1 when p95 of the last load is above 50 ms, or in any a
request fails or more packets are lost than without requests.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio

from aywa.caller.clips import read_clip
from aywa.log import configure_logging
from aywa_server.child import Child, open_child
from aywa_server.demo import sounds_folder
from bench.keep_alive import KeepAlive
from bench.media_load import machine, raise_file_limit
from bench.soak import hold, soak_settings
from bench.soak_caller import Callers, Habit, open_callers

MOST_P95_MS = 50.0
_WORDS = ("digits/day-5", "digits/3")
_SETTLE_S = 5.0
_PATIENCE_S = 10.0
_PROCESSES = ("runtime's Python", "runtime", "recogniser", "database", "load", "machine")
_BUCKET = re.compile(r'^aywa_engine_tick_lateness_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)$', re.MULTILINE)


@dataclass
class Phase:
    """What one phase came to. `late`: how many engine turns were at most so many seconds late."""

    name: str
    took_ms: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    late: dict[float, float] = field(default_factory=dict)
    packets: int = 0
    lost: int = 0
    cpu_ms: dict[str, float] = field(default_factory=dict)  # of each second, by process

    def percentile_ms(self, share: float) -> float:
        """Of the requests."""
        ordered = sorted(self.took_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")

    def late_ms(self, share: float) -> float:
        """The bound under which this share of the engine's turns began too late."""
        total = max(self.late.values(), default=0.0)
        return 1000 * next((le for le, count in sorted(self.late.items()) if count >= share * total), 0.0)

    def row(self, seconds: float) -> str:
        """One line of the table."""
        figures = [f"{self.percentile_ms(share):.1f}" if self.took_ms else "-" for share in (0.5, 0.95, 0.99)]
        asked, failed = len(self.took_ms), sum(self.failed.values())
        return (
            f"| {self.name} | {asked} | {asked / seconds:.0f} | {failed} | {' | '.join(figures)}"
            f" | {self.late_ms(0.99):.2f} | {self.packets} | {self.lost}"
            f" | {' | '.join(f'{self.cpu_ms[name] / 10:.0f}' for name in _PROCESSES)} |"
        )


class Requests:
    """Asks one API, by lot."""

    def __init__(self, client: KeepAlive, assistant: str, calls: list[str]) -> None:
        self._client = client
        self._assistant = assistant
        self._calls = calls
        self._rng = Random(21)

    async def ask(self, phase: Phase) -> None:
        """One request."""
        began = trio.current_time()
        try:
            with trio.fail_after(_PATIENCE_S):
                status = await self._one()
        except (OSError, trio.TooSlowError) as error:
            phase.failed[type(error).__name__] += 1
        else:
            if status >= 400:
                phase.failed[str(status)] += 1
        phase.took_ms.append(1000 * (trio.current_time() - began))

    async def _one(self) -> int:
        ask, call, lot = self._client.ask, self._rng.choice(self._calls), self._rng.random()
        if lot < 0.4:
            return await ask("GET", f"/call/{call}")
        if lot < 0.6:
            return await ask("GET", f"/call/{call}/timeline")
        if lot < 0.8:
            return await ask("GET", "/call?limit=20")
        if lot < 0.9:
            return await ask(
                "PATCH", f"/assistant/{self._assistant}", {"name": f"Desk {self._rng.randrange(1000)}"}
            )
        message = {"role": "system", "content": "The caller is a guest of the house."}
        command = {"type": "add-message", "message": message, "triggerResponseEnabled": False}
        return await ask("POST", f"/call/{call}/control", command)


class Cpu:
    """What the processes have used so far, in milliseconds."""

    def __init__(self, child: Child, data: Path) -> None:
        self._child = child
        self._data = data

    def read(self) -> dict[str, float]:
        """By process; the runtime's Python is its main thread."""
        own = self._child.process.pid
        database = {f"database {pid}": _cpu_ms(pid) for pid in self._servers()}
        recogniser = {f"recogniser {pid}": _cpu_ms(pid) for pid in _children(own)}
        ticks = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        busy = sum(map(int, ticks)) - int(ticks[3]) - int(ticks[4])
        return {
            "machine": 1000 * busy / os.sysconf("SC_CLK_TCK"),
            "runtime's Python": _cpu_ms(own, only=own),
            "runtime": _cpu_ms(own),
            "load": _cpu_ms(os.getpid()),
            **database,
            **recogniser,
        }

    def _servers(self) -> list[int]:
        found = []
        for pid_file in self._data.rglob("postmaster.pid"):
            postmaster = int(pid_file.read_text().splitlines()[0])
            found += [postmaster, *_children(postmaster)]
        return found


def _children(pid: int) -> list[int]:
    """Of all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def _cpu_ms(pid: int, only: int | None = None) -> float:
    """Of all its threads, or of one; 0 for one that is gone."""
    spent = 0
    with suppress(OSError):
        for task in [Path(str(only))] if only else Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                spent += int(Path(f"/proc/{pid}/task/{task.name}/schedstat").read_text().split()[0])
    return spent / 1e6


async def lateness(child: Child) -> Mapping[float, float]:
    """Engine turns by their lateness, since the start."""
    text = (await child.client.get("/metrics")).text
    return {float(le): float(count) for le, count in _BUCKET.findall(text)}


async def watched(phase: Phase, child: Child, callers: Callers, cpu: Cpu, seconds: float,
                  requests: Requests | None = None, per_second: int = 0) -> Phase:  # fmt: skip
    """The phase, with what it came to."""
    before, spent = await lateness(child), cpu.read()
    packets, lost = callers.heard()
    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        for number in range(int(seconds * per_second) if requests is not None else 0):
            assert requests is not None, "or there are none"
            await trio.sleep_until(began + number / per_second)
            nursery.start_soon(requests.ask, phase)
        await trio.sleep_until(began + seconds)
        took = trio.current_time() - began
        for name, ms in cpu.read().items():
            kind = name.partition(" ")[0] if name not in _PROCESSES else name
            phase.cpu_ms[kind] = phase.cpu_ms.get(kind, 0.0) + (ms - spent.get(name, 0.0)) / took
    now = callers.heard()
    phase.packets, phase.lost = now[0] - packets, now[1] - lost
    phase.late = {le: count - before.get(le, 0.0) for le, count in (await lateness(child)).items()}
    return phase


async def run(calls: int, rate: int, seconds: float, habit: Habit) -> tuple[Phase, Phase]:
    """The calls alone, and with the requests beside them."""
    with tempfile.TemporaryDirectory(prefix="aywa-api-") as folder:
        clips = [read_clip(str(sounds_folder() / f"{word}.wav")) for word in _WORDS]
        settings = soak_settings(Path(folder) / "data") | {"RUNTIME_RECORD": "false"}
        client = KeepAlive(int(settings["RUNTIME_HTTP_PORT"]), settings["RUNTIME_API_KEY"])
        async with (
            open_child(settings, Path(folder) / "log") as child,
            open_callers(child.sip_port, clips) as callers,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(hold, callers, calls, habit, 3600.0)
            with trio.fail_after(120):
                while callers.tally.live < calls:  # noqa: ASYNC110 - another task's figure
                    await trio.sleep(0.2)
            await trio.sleep(_SETTLE_S)
            made = await child.post("/assistant", {"name": "Desk"})
            rows = await child.get(f"/call?limit={calls}")
            live = [row["id"] for row in rows if row["status"] == "in-progress"]
            requests, cpu = Requests(client, made["id"], live), Cpu(child, Path(folder) / "data")
            alone = await watched(Phase(f"{len(live)} calls"), child, callers, cpu, seconds)
            beside = Phase(f"{len(live)} calls, {rate} requests a second")
            await watched(beside, child, callers, cpu, seconds, requests, rate)
            client.close()
            nursery.cancel_scope.cancel()
    return alone, beside


def _load(text: str) -> tuple[int, int]:
    calls, _, rate = text.partition("/")
    return int(calls), int(rate)


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--load", type=_load, nargs="+", default=[(50, 50), (100, 100), (200, 200)])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--speaks-every", type=float, default=12.0, help="seconds between a caller's words")
    arguments = parser.parse_args()
    habit = Habit(stays_s=3600.0, speaks_every_s=arguments.speaks_every)
    raise_file_limit()
    configure_logging(level="WARNING")
    print(f"The whole runtime ({machine()})\n")
    print(
        "| phase | requests | requests a second | failed | p50 ms | p95 ms | p99 ms | engine late p99 ms"
        f" | packets | lost | {' | '.join(f'{name} %' for name in _PROCESSES)} |\n|---|{'--:|' * 15}"
    )
    missed: list[str] = []
    for calls, rate in arguments.load:
        alone, beside = trio.run(run, calls, rate, arguments.seconds, habit)
        for phase in (alone, beside):
            print(phase.row(arguments.seconds), flush=True)
        missed += [f"{beside.name}: {count} failed with {what}" for what, count in beside.failed.items()]
        if beside.lost > alone.lost:
            missed.append(f"{beside.name}: {beside.lost - alone.lost} packets more were lost than without")
    if beside.percentile_ms(0.95) > MOST_P95_MS:
        missed.append(f"{beside.name}: p95 is above {MOST_P95_MS:g} ms")
    print("\n" + ("\n".join(f"* missed: {text}" for text in missed) if missed else "Passed."))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
