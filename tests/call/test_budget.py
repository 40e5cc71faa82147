"""A call that costs too much goes on with cheaper providers, and then ends with a goodbye."""

from __future__ import annotations

from dataclasses import replace

from trio.testing import MockClock

from aywa.call.budget import spent_share
from aywa.call.dependencies import CallDependencies
from aywa.call.equipment import Equipment, Outfit
from aywa.model.assistant import Assistant
from aywa.model.budget_plan import BudgetPlan
from aywa.ports.llm import Done, Token
from tests.kit.call_world import NOT_AHEAD, CallWorld, happens
from tests.kit.fake_providers import FakeModel, FakeSynthesizer, FakeTranscriber, Step


def answer(text: str, tokens: int) -> list[Step]:
    return [0.1, Token(text), Done(prompt_tokens=tokens)]


class World(CallWorld):
    """With a cheaper outfit."""

    def dependencies(self) -> CallDependencies:
        made = super().dependencies()
        cheaper = FakeModel(answer("Cheaper now.", 300), answer("And dear again.", 400))
        cheaper.name = "cheap/model"
        usual = Equipment(made.transcriber, made.model, made.synthesizer)
        less = Equipment(FakeTranscriber(), cheaper, FakeSynthesizer())
        less.transcriber.words.extend(["two", "three"])  # type: ignore[attr-defined]
        return replace(made, outfit=Outfit(lambda scope: usual, cheaper=lambda scope: less))


def test_the_nearest_limit_counts() -> None:
    plan = BudgetPlan(max_cost_per_call=2.0, max_tokens_per_call=1000)
    assert spent_share(plan, 1.0, 100) == 0.5
    assert spent_share(plan, 0.0, 900) == 0.9
    assert spent_share(BudgetPlan(), 99.0, 10**9) == 0.0


async def test_cheaper_providers_go_on_before_the_call_ends(autojump_clock: MockClock) -> None:
    plan = BudgetPlan(max_tokens_per_call=1000, cheaper_at=0.5, end_message="That was all.")
    world = World(model=FakeModel(answer("Hello.", 10), answer("Dear.", 600)), settings=NOT_AHEAD)
    world.assistant = Assistant(budget_plan=plan)
    async with world.call() as person:
        await person.listens()
        await person.says("one")
        await person.listens()
        assert world.entries("budget.cheaper")[0]["changed"] is True
        await person.says("two")
        await person.listens()
        await person.says("three")
        await happens(lambda: "That was all." in [text for _, text in world.said()])
        await person.live.over.wait()
    said = [text for role, text in world.said() if role == "assistant"]
    assert said[:3] == ["Hello.", "Dear.", "Cheaper now."]
    assert said[-1] == "That was all."
    assert [entry["tokens"] for entry in world.entries("budget.reached")] == [1310]
    items = [item for item in world.row().costs["items"] if item["type"] == "model"]  # type: ignore[index,attr-defined]
    assert {item["model"]["provider"]: item["promptTokens"] for item in items} == {
        "fake-llm": 610,
        "cheap": 700,
    }
