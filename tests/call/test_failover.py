"""Whole calls over chains of providers that fail: what the caller hears of it."""

from __future__ import annotations

from collections import deque
from random import Random

import pytest
import trio

from tests.kit.faulty_providers import Kind
from tests.kit.faulty_world import SEEDS, Faults

TURNS = 1000


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
async def test_the_voice_fails(autojump_clock: trio.testing.MockClock, kind: Kind) -> None:
    """At any phrase and anywhere in it, with word marks and without."""
    world, random = Faults(), Random(kind.name)
    voice = world.voices[0]
    async with world.call() as person:
        for number in range(1, SEEDS + 1):
            voice.trouble.faults = deque([*[None] * random.randrange(3), (kind, random.randrange(1, 4))])
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
