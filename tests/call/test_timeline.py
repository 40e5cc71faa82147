"""The timeline's kinds are the ones that its table names."""

from __future__ import annotations

import re

import trio

from aywa.call import timeline
from aywa.call.timeline import Timeline
from aywa.ports.llm import Done, Token, ToolCall
from aywa.ports.store import TimelineEntry
from tests.kit.call_world import NOT_AHEAD, CallWorld
from tests.kit.fake_providers import FakeModel, FakeScenario, broken, says


def documented() -> set[str]:
    """The kinds in the module's table."""
    rows = re.findall(r"^\| ([a-z_., ]+) \|", timeline.__doc__ or "", re.MULTILINE)
    return {kind.strip() for row in rows for kind in row.split(",")} - {"kind"}


async def tool(call: ToolCall) -> str:
    return "{}"


async def test_every_kind_is_documented(autojump_clock: trio.testing.MockClock) -> None:
    model = FakeModel(
        says("Hello."),
        [Token("One moment. "), ToolCall("t1", "look", {}), Done()],
        says("Here it is."),
        [broken("llm")],
        says("Goodbye.", end_call=True),
    )
    world = CallWorld(model=model, scenario=FakeScenario({"look": tool}), settings=NOT_AHEAD)
    async with world.call() as person:
        await person.listens()
        await person.says("look")
        await person.listens()
        await person.says("and now")
        await person.listens()
        await person.says("", 0.2)
        await trio.sleep(1.0)
        person.leg.press("1")
    kinds = set(world.kinds())
    assert kinds <= documented()
    assert {"turn.latency", "tool.finished", "llm.failed", "media.stats", "tts.first_audio"} <= kinds


async def test_entries_are_numbered_and_timed(autojump_clock: trio.testing.MockClock) -> None:
    seen: list[TimelineEntry] = []
    line = Timeline("a", seen.append)
    line.add("call.created")
    await trio.sleep(0.25)
    line.add("call.ended", code="x")
    assert [(entry.seq, entry.at_ms, entry.kind) for entry in seen] == [
        (1, 0, "call.created"),
        (2, 250, "call.ended"),
    ]
