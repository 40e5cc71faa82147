"""Calls from a real Asterisk over streams, which say nothing of who calls whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import trio

from aywa_server.child import Child
from tests.kit.asterisk import Asterisk


@dataclass(frozen=True, slots=True)
class StreamLine:
    """How calls reach the runtime: an extension and its context, what is agreed on, what tells the trunk."""

    extension: str
    codec: str
    clock_rate_hz: int
    known_by: str


async def begin(
    asterisk: Asterisk, runtime: Child, line: StreamLine, person: str, context: str = "tests"
) -> str:
    """Put an extension of Asterisk's through to the runtime; the new call's id. One at a time."""
    before = await _known(runtime)
    await asterisk.ask(f"channel originate Local/{line.extension} extension {person}@{context}")
    with trio.fail_after(20):
        while not (new := await _known(runtime) - before):  # noqa: ASYNC110 - the API is asked
            await trio.sleep(0.1)
    (call_id,) = new
    return call_id


async def _known(runtime: Child) -> set[str]:
    return {call["id"] for call in await runtime.get("/call?limit=50")}


async def facts_of(runtime: Child, call_id: str) -> dict[str, list[dict[str, Any]]]:
    """What the call's timeline holds, by kind and in order."""
    facts: dict[str, list[dict[str, Any]]] = {}
    for entry in (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]:
        facts.setdefault(entry["kind"], []).append(entry["data"])
    return facts


async def wait_answered(runtime: Child, call_id: str) -> None:
    """Return when the call is up."""
    with trio.fail_after(20):
        while (await runtime.get(f"/call/{call_id}"))["status"] != "in-progress":  # noqa: ASYNC110
            await trio.sleep(0.1)
