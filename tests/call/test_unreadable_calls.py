"""A tool whose arguments the model has not written as JSON is not run: the model is told, and asked again."""

from __future__ import annotations

import json

import trio
import trio.testing

from aywa.ports.llm import Done, ToolCall
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeModel, FakeScenario, says


async def test_it_is_answered_with_the_mistake(autojump_clock: trio.testing.MockClock) -> None:
    ran: list[ToolCall] = []

    async def book(call: ToolCall) -> str:
        ran.append(call)
        return "{}"

    broken = (ToolCall("1", "book", {}, unreadable=True), Done())
    whole = (ToolCall("2", "book", {"day": "Monday"}), Done())
    model = FakeModel(broken, whole, says("It is booked."))
    world = CallWorld(model=model, scenario=FakeScenario({"book": book}))
    async with world.call() as person:
        await person.listens()
        person.session.remote_hangs_up()
    assert [call.id for call in ran] == ["2"]
    first, second = world.entries("tool.finished")
    assert "no JSON object" in json.loads(str(first["result"]))["error"]
    assert second["result"] == "{}"
