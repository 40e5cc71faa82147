"""`python -m bench.sip_flood [--rate N] [--seconds S] [--methods M,...] [--wild]`: floods, and a trunk.

The whole runtime in a process of its own. A trunk at 127.0.0.1 sets up two calls a second all the time, while
a stranger at 127.0.0.2 sends `--rate` requests a second of each method for `--seconds`; then a second trunk,
at 127.0.0.3, does the same with some of them (`--wild`: it alone, with all of them). Its INVITEs are calls,
up to its share of `RUNTIME_MAX_CALLS`. 1 when the runtime's memory grows by more than 50 MiB, when the 95th
percentile of the trunk's set-up times is above 200 ms, when one of its calls fails, or when the stranger gets
an answer.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import trio

from aywa.errors import AywaError
from aywa.log import configure_logging
from aywa.proto.sdp.audio import LocalAudio
from aywa.proto.sdp.offer_answer import make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings
from aywa.ua import UserAgent, open_user_agent
from aywa_server.child import Child, open_child
from aywa_server.cli_call import decline
from bench.media_load import machine
from tests.kit.runtime_process import API_KEY, runtime_settings
from tests.kit.sip_flood import METHODS

STRANGER, WILD_TRUNK = "127.0.0.2", "127.0.0.3"
MOST_MIB, MOST_MS = 50.0, 200.0
_PACE_S = 0.5
_DROPPED = re.compile(r'^aywa_sip_dropped_total\{reason="(\w+)"\} ([0-9.e+]+)$', re.MULTILINE)
_WILD_METHODS = ("INVITE", "OPTIONS", "REGISTER", "BYE")


@dataclass
class Phase:
    """What one flood came to."""

    name: str
    setup_ms: list[float] = field(default_factory=list)
    failed: int = 0
    sent: int = 0
    answered: int = 0
    mib: float = 0.0

    @property
    def p95_ms(self) -> float:
        """The 95th percentile of the set-up times."""
        return sorted(self.setup_ms)[int(0.95 * len(self.setup_ms))] if self.setup_ms else float("inf")


def resident_mib(child: Child) -> float:
    """The runtime's resident memory, without its database and recognisers."""
    for line in Path(f"/proc/{child.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


async def call(agent: UserAgent, port: int, phase: Phase) -> None:
    """One call of the trunk: set up, measured, hung up after a second."""
    began = trio.current_time()
    try:
        session = await agent.invite(
            parse_uri(f"sip:hotel@127.0.0.1:{port}"),
            from_uri=parse_uri("sip:trunk@127.0.0.1"),
            offer=make_offer(LocalAudio("127.0.0.1", 9), 1, 1),
        )
    except AywaError:
        phase.failed += 1
        return
    phase.setup_ms.append((trio.current_time() - began) * 1e3)
    await trio.sleep(1)
    await session.hangup()


async def under(
    phase: Phase, child: Child, agent: UserAgent, command: list[str] | None, seconds: float
) -> None:
    """Call twice a second for so long, with the flood beside it."""

    async def flood() -> None:
        assert command is not None
        done = await trio.run_process(command, capture_stdout=True)
        phase.sent, phase.answered = map(int, done.stdout.split())

    async with trio.open_nursery() as nursery:
        if command is not None:
            nursery.start_soon(flood)
        end = trio.current_time() + seconds
        while trio.current_time() < end:
            nursery.start_soon(call, agent, child.sip_port, phase)
            phase.mib = max(phase.mib, resident_mib(child))
            await trio.sleep(_PACE_S)


def row(phase: Phase, base_mib: float, seconds: float) -> str:
    """One line of the table."""
    worst = max(phase.setup_ms, default=0.0)
    return (
        f"| {phase.name} | {phase.sent / seconds:,.0f} | {phase.answered:,} | {len(phase.setup_ms)} "
        f"| {phase.failed} | {phase.p95_ms:.0f} | {worst:.0f} | {phase.mib - base_mib:+.1f} |"
    )


async def run(arguments: argparse.Namespace) -> list[str]:
    """All floods; what was missed."""
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="aywa-flood-") as folder:
        settings = runtime_settings(
            Path(folder) / "data",
            RUNTIME_SIP_TRUNKS=f"127.0.0.1,{WILD_TRUNK}",
            RUNTIME_LOG_LEVEL="WARNING",
            RUNTIME_MAX_CALLS="50",
        )
        settings["RUNTIME_API_KEY"] = API_KEY
        async with (
            open_child(settings, Path(folder) / "log") as child,
            open_user_agent(SipSettings(port=0), rng=Random(1), on_call=decline) as agent,
        ):
            quiet = Phase("no flood")
            await under(quiet, child, agent, None, 10.0)
            base = resident_mib(child)
            print(row(quiet, base, 10.0), flush=True)
            methods = arguments.methods.split(",")
            wild = methods if arguments.wild else [method for method in _WILD_METHODS if method in methods]
            floods = [] if arguments.wild else [(STRANGER, method) for method in methods]
            floods += [(WILD_TRUNK, method) for method in wild]
            for source, method in floods:
                who = "stranger" if source == STRANGER else "wild trunk"
                phase = Phase(f"{who}, {method}")
                command = [
                    sys.executable,
                    "-m",
                    "tests.kit.sip_flood",
                    source,
                    "127.0.0.1",
                    str(child.sip_port),
                ]
                command += [method, str(arguments.rate), str(arguments.seconds)]
                await under(phase, child, agent, command, arguments.seconds)
                print(row(phase, base, arguments.seconds), flush=True)
                missed += judge(phase, base, stranger=source == STRANGER)
                await trio.sleep(3)
            text = (await child.client.get("/metrics")).text
            log = (Path(folder) / "log").read_text().splitlines()
            print(
                "\nDropped: "
                + ", ".join(f"{each[1]} {float(each[2]):,.0f}" for each in _DROPPED.finditer(text)),
                end="",
            )
            print(f". The log has {len(log)} lines.")
    return missed


def judge(phase: Phase, base_mib: float, *, stranger: bool) -> list[str]:
    """What one flood has missed; only a trunk is answered."""
    found = []
    if phase.mib - base_mib > MOST_MIB:
        found.append(f"{phase.name}: memory grew by {phase.mib - base_mib:.1f} MiB")
    if stranger and phase.answered:
        found.append(f"{phase.name}: {phase.answered} answers")
    if phase.p95_ms > MOST_MS or phase.failed:
        found.append(f"{phase.name}: p95 {phase.p95_ms:.0f} ms, {phase.failed} failed")
    return found


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=float, default=2000.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--wild", action="store_true", help="the second trunk alone, with all of the methods")
    arguments = parser.parse_args()
    configure_logging(level="ERROR")
    print(f"The whole runtime ({machine()})\n")
    print("| flood | requests a second | answers | trunk's calls | failed | set-up p95 ms | worst ms | MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    missed = trio.run(partial(run, arguments))
    print("\n" + ("\n".join(f"* missed: {text}" for text in missed) if missed else "Passed."))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
