"""`python -m bench.outbox [--seconds N] [--per-second R]`: messages to servers while one of two is down.

An embedded PostgreSQL, the outbox's own worker and two servers on loopback: one answers at once, one takes
connections and says nothing. Messages are committed every 100 ms, as the journal does it, every other one
for the server that is down. Prints how long those of the other one wait for their first attempt.
"""

from __future__ import annotations

import argparse
import json
import sys

import trio

from aywa.model.assistant import Assistant
from aywa.outbox.targets import ACCOUNT, ASSISTANT, Target
from aywa.store.embedded import embedded_postgres
from tests.kit.outbox_world import open_outbox_world
from tests.kit.postgres import temporary_dir
from tests.kit.webhook_server import Received, open_webhook_server

BATCHES_PER_SECOND = 10


async def run(url: str, seconds: float, per_second: int) -> dict[str, float]:
    """The figures."""
    async with open_outbox_world(url) as world, open_webhook_server() as works, open_webhook_server() as down:
        down.answer = lambda _: None
        committed: dict[str, float] = {}
        came: dict[str, float] = {}

        def take(request: Received) -> tuple[int, dict[str, str]]:
            came.setdefault(request.id, trio.current_time())
            return 200, {}

        works.answer = take
        well, stuck = Target(works.url()), Target(down.url())
        assistant = Assistant.model_validate({"serverUrl": stuck.url})
        async with world.worker(well, assistant=assistant) as worker:
            began = trio.current_time()
            number = 0
            for batch in range(int(seconds * BATCHES_PER_SECOND)):
                jobs = []
                for _ in range(per_second // BATCHES_PER_SECOND):
                    number += 1
                    own = number % 2 == 0
                    target, source = (well, ACCOUNT) if own else (stuck, ASSISTANT)
                    jobs.append(world.job(number, target.endpoint, source=source))
                await world.commit(*jobs)
                worker.wake()
                now = trio.current_time()
                committed |= {job.id: now for job in jobs if job.source == ACCOUNT}
                await trio.sleep(max(0.0, began + (batch + 1) / BATCHES_PER_SECOND - trio.current_time()))
            took = trio.current_time() - began
            with trio.move_on_after(10):
                while len(came) < len(committed):  # noqa: ASYNC110 - another task's dictionary
                    await trio.sleep(0.05)
        waits = sorted(max(0.0, at - committed[job_id]) for job_id, at in came.items())
        return {
            "committed_per_second": round(number / took, 1),
            "for_the_server_that_works": len(committed),
            "sent": len(came),
            "first_attempt_p50_ms": round(1000 * waits[len(waits) // 2], 1),
            "first_attempt_p95_ms": round(1000 * waits[int(len(waits) * 0.95)], 1),
            "first_attempt_max_ms": round(1000 * waits[-1], 1),
            "waiting_for_the_other": (number - len(committed)),
        }


def main() -> int:
    """1 when a message was not sent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--per-second", type=int, default=500)
    arguments = parser.parse_args()
    with temporary_dir() as path, embedded_postgres(str(path)) as url:
        figures = trio.run(run, url, arguments.seconds, arguments.per_second)
    print(json.dumps(figures, indent=2))
    return 0 if figures["sent"] == figures["for_the_server_that_works"] else 1


if __name__ == "__main__":
    sys.exit(main())
