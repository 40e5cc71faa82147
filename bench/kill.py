"""`python -m bench.kill [--rounds N] [--calls N] [--seed N]`: SIGKILL with live calls at random instants.

Each round places calls on the whole runtime over SIP and RTP, kills it at a random instant (of every fourth
round while calls are still being answered), starts it again, and compares the database with what had been
committed a moment before: events, transcript, messages for servers, one end each, and every recording read to
its end. After the last round every message must have come, repeated ones under the same id.
"""

from __future__ import annotations

import argparse
import sys

import trio

from tests.kit.kill_rounds import Round, open_kill_world
from tests.kit.postgres import temporary_dir

READY_LIMIT_S = 10.0
_SHOWN = 5


async def run(rounds: int, calls: int, seed: int) -> tuple[list[Round], list[str]]:
    """The rounds, a row each as it ends, and what is wrong with the messages."""
    done: list[Round] = []

    def tell(found: Round) -> None:
        done.append(found)
        print(
            f"| {found.number} | {found.live} | {found.killed_after_s:.2f} | {found.ready_s:.1f} | "
            f"{found.committed} | {found.lost} | {found.shortest_s * 1000:.0f} | {len(found.faults)} |",
            flush=True,
        )
        for fault in found.faults[:_SHOWN]:
            print(f"  {fault}", file=sys.stderr)

    print("| round | live calls | killed after s | ready again s | committed | lost | short ms | faults |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with temporary_dir() as folder:
        async with open_kill_world(folder, calls=calls, seed=seed) as world:
            return done, await world.rounds(rounds, tell)


def main() -> int:
    """1 when anything was lost, a call has not exactly one end, or a start took longer than 10 s."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    done, messages = trio.run(run, chosen.rounds, chosen.calls, chosen.seed)
    slowest, faults = max(each.ready_s for each in done), sum(len(each.faults) for each in done)
    print(
        f"\n{len(done)} kills (seed {chosen.seed}), {sum(each.live for each in done)} live calls: "
        f"{sum(each.lost for each in done)} of {sum(each.committed for each in done)} committed events lost, "
        f"ready again within {slowest:.1f} s, recordings at most "
        f"{max(each.shortest_s for each in done) * 1000:.0f} ms short, {faults} faults, "
        f"{len(messages)} of messages"
    )
    for fault in messages[:_SHOWN]:
        print(f"  {fault}", file=sys.stderr)
    return 1 if faults or messages or slowest > READY_LIMIT_S else 0


if __name__ == "__main__":
    sys.exit(main())
