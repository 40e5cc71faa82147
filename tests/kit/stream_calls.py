"""Calls from a real Asterisk over streams, side by side, and what each side heard of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from aywa_server.child import Child
from tests.kit.asterisk_streams import StreamAsterisk
from tests.kit.correlation import best_match, load

SPEECH_S = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """One call over. Likenesses are those of `best_match`."""

    call: dict[str, Any]
    timeline: dict[str, list[dict[str, Any]]]  # data by kind
    caller: float = 0.0
    assistant: float = 0.0


async def ended_calls(runtime: Child, count: int, seconds: float = 40.0) -> list[Heard]:
    """All calls so far, once so many have ended."""
    with trio.fail_after(seconds):
        while True:
            calls = await runtime.get("/call?limit=50")
            if sum(call["status"] == "ended" for call in calls) >= count:
                break
            await trio.sleep(0.2)
    return [await _look_at(runtime, call["id"]) for call in calls]


async def _look_at(runtime: Child, call_id: str) -> Heard:
    timeline: dict[str, list[dict[str, Any]]] = {}
    for entry in (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]:
        timeline.setdefault(entry["kind"], []).append(entry["data"])
    return Heard(await runtime.get(f"/call/{call_id}"), timeline)


async def hang_up(runtime: Child, call_id: str) -> None:
    """End a call by the API."""
    answer = await runtime.client.post(f"/call/{call_id}/control", json={"type": "end-call"})
    answer.raise_for_status()


async def speak(
    runtime: Child, asterisk: StreamAsterisk, lines: dict[str, str], before: int = 0
) -> dict[str, Heard]:
    """People call over `lines`, extensions by name, and speak; `before`: calls that have ended already."""
    for name in lines:
        asterisk.heard(name).unlink(missing_ok=True)
    for name, extension in lines.items():
        await asterisk.call(extension, f"speak{name}")
    calls = (await ended_calls(runtime, before + len(lines)))[: len(lines)]
    await asterisk.wait_quiet()
    return {name: _compare(asterisk, name, calls) for name in lines}


def _compare(asterisk: StreamAsterisk, name: str, calls: Sequence[Heard]) -> Heard:
    """The call whose assistant this person heard: no word says which it was."""
    heard = load(asterisk.heard(name))
    said = load(asterisk.prompt("demo-congrats"))[: SPEECH_S * 8000]
    found = []
    for call in calls:
        recording = Path(call.call["artifact"]["recordingPath"])
        assistant = best_match(load(recording, channel=2), heard).likeness
        caller = best_match(said, load(recording, channel=1)).likeness
        found.append(Heard(call.call, call.timeline, caller, assistant))
    return max(found, key=lambda each: each.assistant)
