"""A chain of real adapters over loopback, whose first vendor fails in every way that emulators know."""

from __future__ import annotations

import pytest
import trio

from aywa.emulators.chat_script import ChatScript
from aywa.emulators.faults import Fault, FaultKind
from aywa.emulators.openai import OpenAiEmulator
from aywa.model.chat_models import CHAT_MODELS
from aywa.ports.llm import ChatModel, Done
from aywa.ports.routes import RouteEvent, RouteFailed, RouteSwitched, of_call
from aywa.providers.failover.chains import model_chain
from aywa.providers.failover.route import Health, Route
from aywa.providers.openai.chat_model import chat_model
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from tests.kit.chat import KEY, conversation, emulated, generate, text_of, user

ASKED = conversation(user("a room"))
WHOLE = "We have a room for Friday. It costs eighty euros."


def model(door: ProviderDoor, at: str) -> ChatModel:
    plan = CHAT_MODELS.validate_python({"provider": "openai", "model": "gpt-4.1-mini"})
    return chat_model(door, Access("openai", at, KEY), plan)  # type: ignore[arg-type]


# Pieces of text in another order are no fault that anybody can see: the protocol does not number them.
SEEN = [kind for kind in FaultKind if kind is not FaultKind.SHUFFLED]


@pytest.mark.parametrize("kind", SEEN, ids=lambda kind: kind.name)
async def test_the_answer_is_whole(kind: FaultKind) -> None:
    """The next vendor answers, or goes on with what was said; who failed is told once."""
    told: list[RouteEvent] = []
    fault = Fault(kind, after=4, seconds=5.0)
    async with (
        emulated(OpenAiEmulator(ChatScript([WHOLE] * 3)), fault) as (door, host),
        emulated(OpenAiEmulator(ChatScript([WHOLE] * 3))) as (other_door, other),
    ):
        chain = model_chain(
            [Route("a", model(door, host.url)), Route("b", model(other_door, other.url))], Health()
        )
        with trio.fail_after(20):
            events = await generate(of_call(chain, told.append), ASKED)
    assert isinstance(events[-1], Done)
    assert text_of(events) == WHOLE
    assert [event.route for event in told if isinstance(event, RouteFailed)] == ["a"]
    assert [(event.source, event.target) for event in told if isinstance(event, RouteSwitched)] == [
        ("a", "b")
    ]
