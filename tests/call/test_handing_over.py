"""The model gives the conversation to another assistant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.plan import CallPlan
from aywa.call.servers import CallServers, HandoffTool, ServerTool
from aywa.model.assistant_body import AssistantBody
from aywa.ports.llm import ToolSpec
from tests.kit.call_world import NOT_AHEAD, happens
from tests.kit.fake_providers import FakeModel, says
from tests.kit.news import news_plan
from tests.kit.tool_world import FakeRequests, World, asks_for

ANY = ToolSpec("book", "Books.", {"type": "object", "properties": {}}, by_server=True)
NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}


def other(**more: Any) -> CallPlan:
    body = {
        "name": "Billing",
        "model": {"provider": "openai", "model": "gpt-4o", "messages": [PROMPT]},
        **more,
    }
    tool = ServerTool(replace(ANY, name="refund"))
    return CallPlan(AssistantBody.model_validate(body), servers=CallServers((("account", None),), (tool,)))


PROMPT = {"role": "system", "content": "You do the bills of {{ customer.number }}."}
HAND = ToolSpec("handoff_to_Billing", "Hands over.", NOTHING)


@dataclass
class HandingWorld(World):
    """A call that can be handed to `other`."""

    plan: CallPlan = field(default_factory=other)
    named: list[Mapping[str, object]] = field(default_factory=list)

    def dependencies(self) -> CallDependencies:
        async def succeed(org_id: UUID, destination: Mapping[str, object]) -> CallPlan:
            self.named.append(destination)
            return self.plan

        return replace(super().dependencies(), successors=succeed)


@pytest.mark.parametrize("first", ["", "Billing here, {{ customer.number }}."])
@pytest.mark.parametrize("asked", [False, True])
async def test_another_assistant_goes_on_in_the_same_turn(
    first: str, asked: bool, autojump_clock: trio.testing.MockClock
) -> None:
    where = {"type": "assistant", "assistantId": "7", "contextEngineeringPlan": {"type": "none"}}
    made = HandingWorld(
        plan=other(firstMessage=first),
        model=FakeModel(says("Hello."), asks_for("handoff_to_Billing"), says("What is it about?")),
        settings=NOT_AHEAD,
        requests=FakeRequests({"handoff-destination-request": {"destination": where}}),
        servers=CallServers((("account", None),), (HandoffTool(HAND, None if asked else where),)),
    )
    made.news = news_plan("tool-calls")
    async with made.call() as person:
        await person.listens()
        await person.says("my bill please")
        await happens(lambda: bool(made.entries("assistant.handed_off")))
        await person.listens()
        await person.says("it is wrong")
        await happens(lambda: len(made.model.requests) == (3 if first else 4))
        person.session.remote_hangs_up()
    assert made.named == [where]
    request = made.model.requests[2]
    assert request.messages[0].text.startswith("You do the bills of ")
    assert "{{" not in request.messages[0].text
    assert [tool.name for tool in request.tools] == ["refund"]
    assert made.tts.spoken[1].startswith("Billing here" if first else "What is it about?")
    assert "{{" not in made.tts.spoken[1]
