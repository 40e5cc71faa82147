"""Whole calls over chains of providers that fail: what the caller hears of it."""

from __future__ import annotations

from collections import deque
from random import Random

import pytest
import trio

from aywa.ports.llm import Token, ToolCall
from aywa.providers.failover.chains import model_chain
from aywa.providers.failover.continuation import GO_ON
from aywa.providers.failover.route import OPEN_S, Health, Route
from tests.kit.call_world import NOT_AHEAD, CallWorld
from tests.kit.fake_providers import FakeModel, FakeScenario, broken, says
from tests.kit.faulty_providers import Kind
from tests.kit.faulty_world import SEEDS, Faults, answer

TURNS = 1000


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
async def test_the_voice_fails(autojump_clock: trio.testing.MockClock, kind: Kind) -> None:
    """At any phrase and anywhere in it, with word marks and without."""
    world, random = Faults(), Random(kind.name)
    voice = world.voices[0]
    async with world.call() as person:
        for number in range(1, SEEDS + 1):
            voice.trouble.faults = deque([*[None] * random.randrange(3), (kind, random.randrange(1, 5))])
            voice.marks = number % 2 == 0
            world.forget()
            await world.turn(person, number)
        world.judge(person, "tts", voice.trouble.struck)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
async def test_the_model_fails(autojump_clock: trio.testing.MockClock, kind: Kind) -> None:
    """Anywhere in the answer; the other one goes on, or begins anew though it was told to go on."""
    world, random = Faults(), Random(kind.name)
    model = world.models[0]
    async with world.call() as person:
        for number in range(1, SEEDS + 1):
            model.trouble.faults = deque([(kind, random.randrange(1, 8))])
            world.models[1].repeats = number % 2 == 0
            world.forget()
            await world.turn(person, number)
        world.judge(person, "llm", model.trouble.struck)
    assert not any(world.world.entries("llm.failed"))


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
async def test_the_recogniser_fails(autojump_clock: trio.testing.MockClock, kind: Kind) -> None:
    """Anywhere in what the caller says, or when another one is opened for one that was lost: no word is lost,
    and none is heard twice.
    """
    world, random = Faults(), Random(kind.name)
    opening = kind in (Kind.REFUSE, Kind.HANG, Kind.LIMITED, Kind.DOWN)
    async with world.call() as person:
        for number in range(1, SEEDS + 1):
            world.forget()
            world.deaf.live = (Kind.RESET if opening else kind, random.randrange(3))
            world.deaf.faults = deque([(kind, 0)] if opening else [])
            await world.turn(person, number)
        world.judge(person, "stt", world.deaf.struck)


async def test_a_tool_runs_once(autojump_clock: trio.testing.MockClock) -> None:
    """The stream breaks off behind a tool call: it is not asked for again, and its result is asked about."""
    call = ToolCall("t1", "book", {"day": "Friday"})
    first = FakeModel(
        says("Hello."), [Token("One moment. "), call, 0.1, broken("llm")], says("It is booked.")
    )
    second = FakeModel()
    booked: list[ToolCall] = []

    async def book(asked: ToolCall) -> str:
        booked.append(asked)
        return "{}"

    world = CallWorld(scenario=FakeScenario({"book": book}), settings=NOT_AHEAD)
    world.model = model_chain([Route("a/llm", first), Route("b/llm", second)], Health())
    async with world.call() as person:
        await person.listens()
        await person.says("book it")
        await person.listens()
        person.session.remote_hangs_up()
    assert booked == [call]
    assert second.requests == []
    assert world.said()[-1] == ("assistant", "One moment. It is booked.")
    assert [entry["fault"] for entry in world.entries("provider.failed")] == ["unavailable"]


async def test_half_a_sentence_that_nobody_speaks_yet_comes_anew(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The other model is told of whole phrases only; the half one is neither spoken nor kept."""
    text = "We have a room. It costs eighty euros a"
    first = FakeModel(says("Hello."), [*says(text)[:-1], broken("llm")])
    second = FakeModel(says("Breakfast is at eight."))
    world = CallWorld(settings=NOT_AHEAD)
    world.model = model_chain([Route("a/llm", first), Route("b/llm", second)], Health())
    async with world.call() as person:
        await person.listens()
        await person.says("a room please")
        await person.listens()
        person.session.remote_hangs_up()
    asked = [(message.role.value, message.text) for message in second.requests[0].messages[-2:]]
    assert asked == [("assistant", "We have a room."), ("system", GO_ON)]
    assert world.said()[-1] == ("assistant", "We have a room. Breakfast is at eight.")


async def test_the_faster_of_two_models_answers(autojump_clock: trio.testing.MockClock) -> None:
    """A slow one is raced, not given up: the other one's answer is taken, and both have cost something."""
    slow, fast = FakeModel(says("Hello.", after=0.9)), FakeModel(says("Good day.", after=0.1))
    world = CallWorld(settings=NOT_AHEAD)
    world.model = model_chain([Route("a/llm", slow, hedge_after_ms=300), Route("b/llm", fast)], Health())
    async with world.call() as person:
        await person.listens()
        person.session.remote_hangs_up()
    assert world.said() == [("assistant", "Good day.")]
    assert world.entries("provider.failed") == []
    (switch,) = world.entries("provider.switched")
    assert (switch["from"], switch["to"], switch["reason"]) == ("a/llm", "b/llm", "hedge")
    assert 400 <= int(str(switch["after_ms"])) <= 450
    (used,) = world.entries("provider.used")
    assert (used["provider"], used["instead"]) == ("a/llm", False)
    assert int(str(used["prompt_tokens"])) > 0


async def test_a_route_that_recovered_is_used_again(autojump_clock: trio.testing.MockClock) -> None:
    """Two failures leave it alone; when the time is over one request finds out, and it is used again."""
    world = Faults()
    world.models[0].trouble.faults = deque([None, (Kind.HANG, 0), (Kind.HANG, 0)])
    async with world.call() as person:
        for number in range(1, 3):
            await world.turn(person, number)
        assert world.health.ill(trio.current_time()) == [("llm", "a/llm")]
        await world.turn(person, 3)
        assert len(world.models[0].requests) == 3, "left alone"
        await trio.sleep(OPEN_S[0])
        await world.turn(person, 4)
        assert world.health.ill(trio.current_time()) == []
        assert world.heard(person) == world.expected
    assert len(world.models[0].requests) == 4
    assert world.world.entries("provider.recovered") == [{"stage": "llm", "provider": "a/llm"}]


def phrases(number: int) -> list[str]:
    """An answer's, as they are spoken."""
    return [f"{part}." for part in answer(number).rstrip(".").split(". ")]


async def test_each_provider_is_paid_for_what_it_did(autojump_clock: trio.testing.MockClock) -> None:
    """The call's costs name who was used, with what each was given."""
    world = Faults()
    world.models[0].trouble.faults = deque([None, (Kind.DOWN, 0)])
    world.voices[0].trouble.faults = deque([(Kind.REFUSE, 0)])
    async with world.call() as person:
        await world.turn(person, 1)
    row = world.world.row()
    assert row.costs is not None
    items = [item for item in row.costs["items"] if item["type"] in ("model", "voice")]  # type: ignore[attr-defined]
    who = [(item["type"], "/".join(item[item["type"]].values())) for item in items]
    assert who == [("model", "a/llm"), ("model", "b/llm"), ("voice", "a/voice"), ("voice", "b/voice")]
    characters = sum(len(phrase) for number in (0, 1) for phrase in phrases(number))
    assert sum(item.get("characters", 0) for item in items) == characters
    assert row.costs["tts_characters"] == characters
    assert [item["promptTokens"] for item in items if item["type"] == "model"] == [100, 100]


async def test_a_thousand_turns_with_faults_of_all_kinds(autojump_clock: trio.testing.MockClock) -> None:
    """One request in a hundred fails, at every stage and route: no turn is stuck, and no word is lost."""
    world, random = Faults(), Random(7)
    faults = 0

    def maybe() -> tuple[Kind, int] | None:
        nonlocal faults
        if random.random() >= 0.01:
            return None
        faults += 1
        return random.choice(list(Kind)), random.randrange(4)

    for provider in (*world.models, *world.voices):
        provider.trouble.next = maybe  # type: ignore[method-assign]
    async with world.call() as person:
        for number in range(1, TURNS + 1):
            if random.random() < 0.01:
                world.deaf.live = (random.choice([Kind.RESET, Kind.SILENT, Kind.CLOSE]), random.randrange(3))
            await world.turn(person, number)
        assert world.heard(person) == world.expected
    assert world.understood() == world.uttered
    assert faults > TURNS / 50
    assert world.world.entries("provider.outage") == []
    assert all(entry["cause"] == "ANSWER_PLAYED" for entry in ended(world))


def ended(world: Faults) -> list[dict[str, object]]:
    """How answers came to their ends."""
    states = world.world.entries("turn.state")
    return [state for state in states if state["from"] == "SPEAKING" and state["to"] == "LISTENING"]
