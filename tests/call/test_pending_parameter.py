"""What a tool still lacks decides how long the caller is waited for: through a whole conversation."""

from __future__ import annotations

from collections.abc import Mapping

import trio
import trio.testing

from aywa.ports.llm import Done, ToolCall, ToolSpec
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeModel, FakeScenario, FakeTools, says

REPORT: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "customer": {"type": "string"},
        "meter": {"type": "string", "pattern": r"^\d{6}$", "description": "What the meter reads"},
        "tariff": {"type": "string", "enum": ["day", "night"]},
    },
    "required": ["customer", "meter", "tariff"],
}


class MeterTools(FakeTools):
    """One tool, that wants a number of six digits."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return (ToolSpec("report", "Report what a meter reads.", REPORT),)


class MeterScenario(FakeScenario):
    """With that tool."""

    def open_tools(self) -> FakeTools:
        return MeterTools(self._functions)


async def refuse(call: ToolCall) -> str:
    """Validation's answer to a call that lacks something."""
    return '{"error": "meter: Field required"}'


def sources(world: CallWorld) -> list[str]:
    """What chose each wait."""
    return [str(entry["source"]) for entry in world.entries("turn.wait")]


async def test_a_number_is_waited_for_until_its_last_digit(autojump_clock: trio.testing.MockClock) -> None:
    """The schema says six digits: a part of them is waited for, all of them are enough."""
    model = FakeModel(says("Hello. What does the meter read?"), says("Thank you."))
    world = CallWorld(model=model, scenario=MeterScenario({"report": refuse}))
    async with world.call() as person:
        await person.listens()
        await person.says("one two three")
        await trio.sleep(1.5)
        await person.says("four five six")
        await person.listens()
        person.session.remote_hangs_up()
    assert [text for who, text in world.said() if who == "user"] == ["one two three four five six"]
    assert sources(world)[0] == "VALUE_OPEN"
    assert sources(world)[-1] == "VALUE_DONE"


async def test_without_the_schema_the_same_question_asks_for_nothing(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld(model=FakeModel(says("Hello. What does the meter read?"), says("Thank you.")))
    async with world.call() as person:
        await person.listens()
        await person.says("one two three")
        await person.listens()
        person.session.remote_hangs_up()
    assert set(sources(world)) == {"MODEL"}


async def test_what_the_tool_was_called_with_is_not_asked_for_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Customer and meter are known: a question that names no parameter asks for the tariff, by its values."""
    model = FakeModel(
        says("Hello."),
        [ToolCall("t1", "report", {"customer": "Miller", "meter": "123456"}), Done()],
        says("And the last thing?"),
        says("Thank you."),
    )
    world = CallWorld(model=model, scenario=MeterScenario({"report": refuse}))
    async with world.call() as person:
        await person.listens()
        await person.says("it is miller and the meter reads one two three four five six")
        await person.listens()
        await person.says("night")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.stt.sessions[0].expected[-1] == ("day", "night")
    assert sources(world)[-1] == "VALUE_DONE"
