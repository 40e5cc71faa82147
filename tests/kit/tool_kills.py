"""Kills workers that run tools, at random instants, and counts what the tools' server was asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import trio

from aywa.bridge.postgres import Postgres
from tests.kit.tool_child import TOOLS
from tests.kit.webhook_server import Received, open_webhook_server

LATEST_S = 0.25  # after a worker was made; it is at work after some 40 ms
ANSWER_S = 0.004  # what the server takes, so that kills meet requests that are under way


@dataclass(slots=True)
class KillCount:
    """What came of it. `executed`: how often the server did each order; `outcomes`: of the ledger's rows."""

    kills: int = 0
    executed: Counter[str] = field(default_factory=Counter)
    keys: dict[str, set[str]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    results: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)


async def kill_workers(
    postgres: Postgres, postgres_url: str, kills: int, *, calls: int, seed: int
) -> KillCount:
    """So many, one after the other; then one that is left to end."""
    rng, count = Random(seed), KillCount()
    async with open_webhook_server() as server:
        server.delay_s = ANSWER_S
        server.body = lambda request: _answer(request, count)
        command = [sys.executable, "-m", "tests.kit.tool_child", postgres_url, server.url(), str(calls)]
        process = await trio.lowlevel.open_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for _ in range(kills):
                pid = await _worker(process)
                await trio.sleep(rng.uniform(0.0, LATEST_S))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    count.kills += 1
            last = await _worker(process)
            await process.stdin.aclose()
            await process.wait()
            assert last
        finally:
            if process.returncode is None:
                process.kill()
    await _read(postgres, count)
    return count


async def _worker(process: trio.Process) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdin.send_all(b"\n")
    line = b""
    while not line.endswith(b"\n"):
        piece = await process.stdout.receive_some(64)
        assert piece, "the workers' maker is gone"
        line += piece
    return int(line)


def _answer(request: Received, count: KillCount) -> bytes:
    """The order is carried out when it is read, whoever still waits for the answer."""
    call = request.message["toolCallList"][0]
    key = request.headers["idempotency-key"]
    count.executed[key] += 1
    count.keys.setdefault(call["id"], set()).add(key)
    result = f"ordered {call['arguments']['article']}"
    return json.dumps({"results": [{"toolCallId": call["id"], "result": result}]}).encode()


async def _read(postgres: Postgres, count: KillCount) -> None:
    rows: Any = await postgres.system().fetch("select key, outcome, result from tool_runs")
    for row in rows:
        count.outcomes[str(row["outcome"])] += 1
        count.results[row["key"]] = (row["outcome"], row["result"])


def expected_orders(calls: int) -> int:
    """How many tool calls there are."""
    return calls * TOOLS
