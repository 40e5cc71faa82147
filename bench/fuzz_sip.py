"""`python -m bench.fuzz_sip [--minutes M] [--target T] [--seed N]`: hostile SIP, for hours if wanted.

Each target in a process of its own: mutated datagrams, byte streams, session descriptions, digest headers,
and programs for the whole core. 1, with the input, when anything but ParseError comes out, when something is
left behind, or when an input takes more than 1 ms of CPU time a KiB in the fastest of forty runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from random import Random

from tests.kit.fuzzer import MS_PER_KIB, TARGETS, Figures, fuzz

_MINUTES = 10.0


def run_one(name: str, minutes: float, seed: int) -> Figures:
    """Fuzz one target for so long."""
    seconds = 60 * minutes
    return fuzz(TARGETS[name](), Random(seed), until=lambda figures: figures.seconds >= seconds)


def row(name: str, figures: Figures) -> str:
    """One target's figures, as a row of the table."""
    taken = figures.taken / max(1, figures.inputs)
    return (
        f"| {name} | {figures.seconds / 60:.1f} | {figures.inputs:,} | {figures.octets / 2**20:,.0f} "
        f"| {taken:.0%} | 0 | {figures.worst_ms_per_kib:.2f} |"
    )


def run_all(names: list[str], arguments: argparse.Namespace) -> int:
    """Every target in a child, `at_once` at a time; prints the rows in order."""
    print("| target | minutes | inputs | MiB | accepted | other exceptions | slowest, ms CPU a KiB |")
    print("|---|--:|--:|--:|--:|--:|--:|", flush=True)
    failed = 0
    while names:
        batch, names = names[: arguments.at_once], names[arguments.at_once :]
        options = [f"--minutes={arguments.minutes}", f"--seed={arguments.seed}", "--row"]
        children = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.fuzz_sip", "--target", name, *options], stdout=subprocess.PIPE
            )
            for name in batch
        ]
        for child in children:
            output, _ = child.communicate()
            print(output.decode(), end="", flush=True)
            failed += child.returncode != 0
    if not failed:
        print("\nNothing but ParseError came out, nothing was left behind, and no input cost more than")
        print(f"{MS_PER_KIB} ms a KiB. Seed {arguments.seed}.")
    return 1 if failed else 0


def main() -> int:
    """Fuzz what is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="for each target")
    parser.add_argument("--target", choices=(*TARGETS, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1, help="targets at the same time")
    parser.add_argument("--row", action="store_true", help="print this target's row alone")
    arguments = parser.parse_args()
    if arguments.row:
        print(row(arguments.target, run_one(arguments.target, arguments.minutes, arguments.seed)))
        return 0
    return run_all(list(TARGETS) if arguments.target == "all" else [arguments.target], arguments)


if __name__ == "__main__":
    sys.exit(main())
