"""`python -m bench.api_load [--calls N] [--per-second R] [--seconds S]`: the API while calls are up.

The whole runtime in a process of its own with its embedded database and `--calls` callers: first the calls
alone, then `--per-second` requests a second beside them, at their times whether or not those before were
answered: calls read, listed and explained, an assistant changed, something added to a live conversation.
Latency is the client's, its own work included. 1 when p95 is above 50 ms, a request fails or more packets are
lost than without requests.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import trio

from aywa.caller.clips import read_clip
from aywa.log import configure_logging
from aywa_server.child import Child, open_child
from aywa_server.demo import sounds_folder
from bench.media_load import machine, raise_file_limit
from bench.soak import hold, soak_settings
from bench.soak_caller import Callers, open_callers

MOST_P95_MS = 50.0
_WORDS = ("digits/day-5", "digits/3")
_SETTLE_S = 5.0
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
            f" | {self.late_ms(0.99):.2f} | {self.packets} | {self.lost} |"
        )


class Requests:
    """Asks one API, by lot."""

    def __init__(self, child: Child, assistant: str, calls: list[str]) -> None:
        self._child = child
        self._assistant = assistant
        self._calls = calls
        self._rng = Random(21)

    async def ask(self, phase: Phase) -> None:
        """One request."""
        began = trio.current_time()
        try:
            answer = await self._one()
        except httpx.TransportError as error:
            phase.failed[type(error).__name__] += 1
        else:
            if not answer.is_success:
                phase.failed[str(answer.status_code)] += 1
        phase.took_ms.append(1000 * (trio.current_time() - began))

    async def _one(self) -> httpx.Response:
        client, call, lot = self._child.client, self._rng.choice(self._calls), self._rng.random()
        if lot < 0.4:
            return await client.get(f"/call/{call}")
        if lot < 0.6:
            return await client.get(f"/call/{call}/timeline")
        if lot < 0.8:
            return await client.get("/call?limit=20")
        if lot < 0.9:
            change = {"name": f"Desk {self._rng.randrange(1000)}"}
            return await client.patch(f"/assistant/{self._assistant}", json=change)
        message = {"role": "system", "content": "The caller is a guest of the house."}
        command = {"type": "add-message", "message": message, "triggerResponseEnabled": False}
        return await client.post(f"/call/{call}/control", json=command)


async def lateness(child: Child) -> Mapping[float, float]:
    """Engine turns by their lateness, since the start."""
    text = (await child.client.get("/metrics")).text
    return {float(le): float(count) for le, count in _BUCKET.findall(text)}


async def watched(phase: Phase, child: Child, callers: Callers, seconds: float, requests: Requests | None,
                  per_second: int) -> Phase:  # fmt: skip
    """The phase, with what it came to."""
    before = await lateness(child)
    packets, lost = callers.heard()
    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        for number in range(int(seconds * per_second) if requests is not None else 0):
            assert requests is not None, "or there are none"
            await trio.sleep_until(began + number / per_second)
            nursery.start_soon(requests.ask, phase)
        await trio.sleep_until(began + seconds)
    now = callers.heard()
    phase.packets, phase.lost = now[0] - packets, now[1] - lost
    phase.late = {le: count - before.get(le, 0.0) for le, count in (await lateness(child)).items()}
    return phase


async def run(arguments: argparse.Namespace) -> tuple[Phase, Phase]:
    """The calls alone, and with the requests beside them."""
    with tempfile.TemporaryDirectory(prefix="aywa-api-") as folder:
        clips = [read_clip(str(sounds_folder() / f"{word}.wav")) for word in _WORDS]
        settings = soak_settings(Path(folder) / "data") | {"RUNTIME_RECORD": "false"}
        async with (
            open_child(settings, Path(folder) / "log") as child,
            open_callers(child.sip_port, clips) as callers,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(hold, callers, arguments.calls, 3600.0)
            with trio.fail_after(120):
                while callers.tally.live < arguments.calls:  # noqa: ASYNC110 - another task's figure
                    await trio.sleep(0.2)
            await trio.sleep(_SETTLE_S)
            made = await child.post("/assistant", {"name": "Desk"})
            rows = await child.get(f"/call?limit={arguments.calls}")
            calls = [row["id"] for row in rows if row["status"] == "in-progress"]
            requests = Requests(child, made["id"], calls)
            seconds, rate = arguments.seconds, arguments.per_second
            alone = await watched(Phase(f"{len(calls)} calls"), child, callers, seconds, None, rate)
            name = f"{len(calls)} calls, {rate} requests a second"
            beside = await watched(Phase(name), child, callers, seconds, requests, rate)
            nursery.cancel_scope.cancel()
    return alone, beside


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--per-second", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    raise_file_limit()
    configure_logging(level="WARNING")
    alone, beside = trio.run(run, arguments)
    print(f"The whole runtime ({machine()})\n")
    print(
        "| phase | requests | requests a second | failed | p50 ms | p95 ms | p99 ms | engine late p99 ms"
        " | packets | lost |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for phase in (alone, beside):
        print(phase.row(arguments.seconds))
    missed = [f"{count} requests failed with {what}" for what, count in beside.failed.items()]
    if beside.percentile_ms(0.95) > MOST_P95_MS:
        missed.append(f"p95 is above {MOST_P95_MS:g} ms")
    if beside.lost > alone.lost:
        missed.append(f"{beside.lost - alone.lost} packets more were lost with requests than without")
    print("\n" + ("\n".join(f"* missed: {text}" for text in missed) if missed else "Passed."))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
