"""`python -m bench.sip_churn [--calls N] [--per-second R]`: what do calls of every ending leave behind?

A user agent and a media engine on loopback; a peer that keeps to no manners calls it and is called by it.
40 s after the last call has ended, sessions, transactions, tasks, ports and connections must be what they
were. 1 when they are not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from random import Random

import trio

from aywa.log import configure_logging
from aywa.media.engine import open_media_engine
from aywa.settings import MediaSettings, SipSettings
from aywa.ua import open_user_agent
from aywa.ua.udp import open_udp
from tests.kit.churn import Callee, Ending, Left, Rogue, left_of, run_mixed

_EXPIRY_S = 95.0  # the session timer of 90 s, and the BYE behind it
_MEDIA = MediaSettings(rtp_port_min=28000, rtp_port_max=31999, max_legs=2000)


def resident_mib() -> float:
    """This process's resident memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


async def run(arguments: argparse.Namespace) -> int:
    """Call, settle, look; prints the table."""
    sip = SipSettings(port=0, tcp_port=0, trunk_rate=100_000)
    rng = Random(1)
    async with open_media_engine(_MEDIA, rng=rng) as engine:

        @contextmanager
        def reserve() -> Iterator[None]:
            ports = engine.reserve_port()
            try:
                yield
            finally:
                ports.release()

        callee = Callee(reserve)
        async with (
            open_user_agent(sip, rng=rng, on_call=callee.take) as agent,
            trio.open_nursery() as nursery,
        ):
            rogue = Rogue(open_udp("127.0.0.1", 0), agent)
            nursery.start_soon(rogue.listen)
            await run_mixed(rogue, len(Ending), 10.0)  # whatever is made once is made now
            await trio.sleep(arguments.settle + (_EXPIRY_S if arguments.calls else 0))
            free = engine.load().free_ports
            before, mib = left_of(agent, len(agent.streams)), resident_mib()
            began = time.perf_counter()
            await run_mixed(rogue, arguments.calls, arguments.per_second)
            took, busiest = time.perf_counter() - began, resident_mib()
            while agent.endpoint.core.sessions:  # the last session timers  # noqa: ASYNC110
                await trio.sleep(1)
            await trio.sleep(arguments.settle)
            after = left_of(agent, len(agent.streams))
            load = engine.load()
            report(before, after, (free, load.free_ports), (mib, busiest, resident_mib()))
            print(
                f"\n{arguments.calls} calls in {took:.0f} s, {len(Ending)} endings in turn. What was seen:\n"
            )
            print("; ".join(f"{name}: {count}" for name, count in sorted(rogue.finals.items())) + ".")
            passed = replace(after, tasks=before.tasks) == before and after.tasks <= before.tasks
            passed &= load.free_ports == free and agent.endpoint.counters.faults == 0
            verdict = "Passed" if passed else "Missed"
            print(f"\n{verdict}: {agent.endpoint.counters.faults} faults.")
            nursery.cancel_scope.cancel()
    return 0 if passed else 1


def report(before: Left, after: Left, ports: tuple[int, int], mib: tuple[float, float, float]) -> None:
    """The table."""
    print("| what | before | 40 s after |\n|---|--:|--:|")
    for field in fields(Left):
        name = "connections" if field.name == "ports" else field.name
        print(f"| {name} | {getattr(before, field.name)} | {getattr(after, field.name)} |")
    print(f"| free RTP ports | {ports[0]} | {ports[1]} |")
    print(f"| resident memory, MiB (at its most {mib[1]:.1f}) | {mib[0]:.1f} | {mib[2]:.1f} |")


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--per-second", type=float, default=30.0)
    parser.add_argument("--settle", type=float, default=40.0, help="seconds before each look")
    configure_logging(level="ERROR")
    return trio.run(run, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
