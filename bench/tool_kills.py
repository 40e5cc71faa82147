"""`python -m bench.tool_kills [--kills N]`: workers killed while tools with side effects run.

One worker after the other takes up the same calls, is killed at a random instant of its first quarter of
a second, and the last one is left to end. Counts what the tools' server was asked to do, how often, and what
the ledger in PostgreSQL knows of it. 1 when an order was carried out twice, or a result is lost.
"""

from __future__ import annotations

import argparse
import sys

import trio

from aywa.store.embedded import embedded_postgres
from tests.kit.postgres import open_clean_postgres, temporary_dir
from tests.kit.tool_kills import KillCount, expected_orders, kill_workers

CALLS_PER_KILL = 0.5  # enough for every worker to find work


async def run(url: str, kills: int, calls: int, seed: int) -> KillCount:
    """The figures."""
    async with open_clean_postgres(url) as (_, postgres):
        return await kill_workers(postgres, url, kills, calls=calls, seed=seed)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=21)
    arguments = parser.parse_args()
    calls = max(1, round(arguments.kills * CALLS_PER_KILL))
    with temporary_dir() as path, embedded_postgres(str(path)) as url:
        count = trio.run(run, url, arguments.kills, calls, arguments.seed)
    done = {key for key, (outcome, _) in count.results.items() if outcome == "done"}
    unknown = {key for key, (outcome, _) in count.results.items() if outcome is None}
    twice = sum(times > 1 for times in count.executed.values())
    lost = len(count.executed.keys() - done - unknown) + len(done - count.executed.keys())
    print("| kills | orders | carried out | twice | with their result | unknown | results lost |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    cells = (count.kills, expected_orders(calls), len(count.executed), twice, len(done), len(unknown), lost)
    print(f"| {' | '.join(map(str, cells))} |")
    print("\n`unknown`: the worker died between order and answer; it is not repeated, and said to be so.")
    sys.exit(1 if twice or lost else 0)


if __name__ == "__main__":
    main()
