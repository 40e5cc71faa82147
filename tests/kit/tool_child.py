"""Workers that run tools, made by a fork each, to be killed: POSTGRES_URL TOOL_URL CALLS.

A line on standard input asks for a worker; its process id is the answer. Each worker runs the same tool calls
of the same calls from the first to the last, as one that was restarted would if it knew nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from random import Random
from uuid import UUID

import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import open_postgres
from aywa.call.server_tools import result_of
from aywa.call.tool_answer import ToolAnswer, failure_of
from aywa.call.tool_runs import ToolRuns
from aywa.errors import AywaError
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.outbound.client import open_outbound
from aywa.outbox.requests import Requests
from aywa.outbox.sending import Sender
from aywa.outbox.targets import ACCOUNT, ConfiguredTargets, Target
from aywa.ports.llm import ToolCall
from aywa.proto.outbound_rules import outbound_rules
from aywa.store.tool_ledger import PostgresToolLedger

TOOLS = 40  # of a call
AT_ONCE = 4


def call_id(number: int) -> str:
    """Of the call with this number."""
    return str(UUID(int=0xA000 + number))


def tool_call(number: int) -> ToolCall:
    """The tool call with this number, the same in every worker."""
    return ToolCall(f"t{number}", "order", {"article": number})


async def work(postgres_url: str, tool_url: str, calls: int) -> None:
    """Every tool of every call."""
    async with (
        open_asyncio_loop() as loop,
        open_postgres(loop, postgres_url, max_connections=AT_ONCE) as postgres,
        open_outbound(outbound_rules(("127.0.0.1",))) as client,
    ):
        targets = ConfiguredTargets(None, Target(tool_url))
        requests = Requests(Sender(client, ()), targets, clock=_now, rng=Random())
        ledger = PostgresToolLedger(postgres)
        limit = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for number in range(calls):
                runs = ToolRuns(ledger, f"worker-{os.getpid()}", _now)
                for tool in range(TOOLS):
                    nursery.start_soon(_order, limit, runs, requests, number, tool)


async def _order(
    limit: trio.CapacityLimiter, runs: ToolRuns, requests: Requests, number: int, tool: int
) -> None:
    call = tool_call(tool)

    async def run(key: str) -> ToolAnswer:
        item = {"id": call.id, "name": call.name, "arguments": dict(call.arguments)}
        message: Mapping[str, object] = {"type": "tool-calls", "toolCallList": [item]}
        try:
            answer = await requests.ask(DEFAULT_ORGANIZATION, ACCOUNT, message, bound_s=5.0, key=key)
        except AywaError as error:
            return failure_of(error, effect=True)
        return result_of(answer, call)

    async with limit:
        owner = (DEFAULT_ORGANIZATION, call_id(number))
        await runs.once(owner, call, 1 + tool, run, lambda answer: answer.text(1000))


def _now() -> datetime:
    return datetime.now(UTC)


def main(postgres_url: str, tool_url: str, calls: str) -> None:
    """Fork a worker for every line that comes."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            with suppress(AywaError):
                trio.run(partial(work, postgres_url, tool_url, int(calls)))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
