"""No provider of a stage is left: the caller is told, and handed over or let go."""

from __future__ import annotations

from collections import deque
from itertools import repeat

import pytest
import trio

from aywa.call.outage import APOLOGY, HANDING_OVER
from aywa.errors import EndCode
from aywa.model.assistant import Assistant
from tests.kit.call_world import happens
from tests.kit.faulty_providers import Kind
from tests.kit.faulty_world import Faults

ALWAYS = 40


def plain(text: str) -> list[str]:
    return [word.strip(".,").lower() for word in text.split()]


@pytest.mark.parametrize("kind", [Kind.REFUSE, Kind.HANG, Kind.DOWN], ids=lambda kind: kind.name)
@pytest.mark.parametrize("stage", ["stt", "llm", "tts"])
async def test_the_caller_is_told_and_let_go(
    autojump_clock: trio.testing.MockClock, stage: str, kind: Kind
) -> None:
    world = Faults(last_resort=True)
    async with world.call() as person:
        for failing in {"llm": world.models, "tts": world.voices}.get(stage, []):
            failing.trouble.faults = deque(repeat((kind, 0), ALWAYS))
        if stage == "stt":
            world.deaf.live = (Kind.RESET, 0)
            world.deaf.faults = deque(repeat((kind, 0), ALWAYS))
        await world.says(person, "anybody there")
        await person.live.over.wait()
        heard = world.heard(person)[len(world.expected) :]
        assert heard[-len(plain(APOLOGY["en"])) :] == plain(APOLOGY["en"])
        assert stage == "stt" or len(heard) == len(plain(APOLOGY["en"])), "nothing else"
    row = world.world.row()
    assert row.end_reason is not None
    assert row.end_reason.code is EndCode.PROVIDER_ERROR
    assert world.world.entries("provider.outage") == [{"stage": stage, "action": "hangUp"}]
    spoken = world.embedded.spoken[-1:]
    assert spoken == ([APOLOGY["en"]] if stage == "tts" else []), "its own voice says it if it can"


async def test_the_caller_is_handed_over(autojump_clock: trio.testing.MockClock) -> None:
    plan = {
        "action": "transfer",
        "destination": {"type": "sip", "sipUri": "sip:desk@example.test"},
    }
    assistant = Assistant.model_validate({"providerOutagePlan": plan})
    world = Faults(assistant=assistant)
    async with world.call() as person:
        for model in world.models:
            model.trouble.faults = deque(repeat((Kind.DOWN, 0), ALWAYS))
        await world.says(person, "anybody there")
        await happens(lambda: bool(world.world.entries("transfer.requested")), 20)
        assert world.heard(person)[len(world.expected) :] == plain(HANDING_OVER["en"])
    assert world.world.entries("transfer.requested") == [
        {"mode": "refer", "destination": "sip:desk@example.test"}
    ]
    assert world.world.entries("provider.outage") == [{"stage": "llm", "action": "transfer"}]


@pytest.mark.parametrize(
    "plan",
    [
        {"action": "transfer"},
        {"destination": {"type": "number", "number": "+4930123"}},
        {"action": "dance"},
        {"message": "x" * 1001},
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="providerOutagePlan"):
        Assistant.model_validate({"providerOutagePlan": plan})
