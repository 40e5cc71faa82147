"""`assistant-request`: who answers a call whose number has no assistant, and every way to fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import trio

from aywa.call.news_plan import NewsPlan
from aywa.errors import EndCode, OutboundError, OutboundFault, ProviderError
from aywa.media.hold_audio import HoldAudio
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.outbox.targets import ConfiguredTargets
from aywa.ports.server_requests import Whom
from aywa.proto.sip.call_facts import CallFacts
from aywa.proto.sip.name_addr import parse_name_addr
from aywa.proto.sip.session_states import ReferAnswered, ReferReported
from aywa.runtime.call_plans import CallPlans
from aywa.runtime.front_door import FrontDoor
from aywa.runtime.news_desk import NewsDesk
from aywa.store.config_cache import ConfigCache
from aywa_server.resources.kinds import ASSISTANT, PHONE_NUMBER
from aywa_server.resources.service import Resources
from tests.kit.call_world import NOT_AHEAD, CallWorld, happens
from tests.kit.fake_sip import FakeIncomingCall, FakeSession
from tests.kit.resource_store import SEALER, DictResources, SteppingClock

ORG = UUID(int=5)
NOBODY = ConfiguredTargets(None, None)
Answer = Mapping[str, object] | OutboundError


@dataclass
class FakeRequests:
    """Servers that answer at once, or after `takes_s`."""

    answer: Answer = field(default_factory=dict)
    takes_s: float = 0.0
    asked: list[tuple[UUID, Whom, dict[str, Any]]] = field(default_factory=list)

    async def ask(
        self,
        org_id: UUID,
        whom: Whom,
        message: Mapping[str, object],
        *,
        bound_s: float,
        only_200: bool = False,
        key: str = "",
    ) -> Mapping[str, object]:
        self.asked.append((org_id, whom, dict(message)))
        with trio.move_on_after(bound_s):
            await trio.sleep(self.takes_s)
            if isinstance(self.answer, OutboundError):
                raise self.answer
            return self.answer
        raise OutboundError("too long", OutboundFault.TIMEOUT)

    @asynccontextmanager
    async def stream(
        self, org_id: UUID, whom: Whom, message: Mapping[str, object], *, bound_s: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        raise AssertionError("nobody asks for sound")
        yield


class Incoming(FakeIncomingCall):
    """A call to a number; `rang_at` says when it rang first."""

    def __init__(self, number: int, called: str) -> None:
        super().__init__(number)
        self.facts = CallFacts(parse_name_addr("<sip:caller@example.test>"), called=called)
        self.rang_at: float | None = None

    async def ring(self) -> None:
        await super().ring()
        if self.rang_at is None:
            self.rang_at = trio.current_time()


async def hangs_up(session: FakeSession) -> None:
    """After a while."""
    await trio.sleep(30)
    session.remote_hangs_up()


class World:
    """A runtime's door, with a number that has a server and no assistant."""

    def __init__(self, answer: Answer, **number: Any) -> None:
        self.calls = CallWorld(settings=NOT_AHEAD)
        self.requests = FakeRequests(answer)
        self.store = DictResources()
        blank = NewsPlan((), Random(1), lambda: datetime(2026, 5, 31, tzinfo=UTC))
        desk = NewsDesk(self.store, SEALER, NOBODY, None, blank)
        self.resources = Resources(self.store, SEALER, Random(7), SteppingClock(), desk.forget)
        sounds = HoldAudio(None)
        config = ConfigCache(self.store, None, SEALER)
        self.door = FrontDoor()
        self.door.plans = CallPlans(config, sounds, desk, self.requests, SEALER)
        self.number = {"provider": "byo-phone-number", "number": "+493012345", **number}

    async def run(
        self,
        called: str = "+493012345",
        *,
        does: Callable[[FakeSession], Awaitable[None]] = hangs_up,
        cancelled: bool = False,
    ) -> Incoming:
        """One call from its INVITE to its end. `does`: the caller, once somebody has answered."""
        server = {"url": "https://n.example/hook"}
        await self.resources.create(ORG, PHONE_NUMBER, {"server": server, **self.number})
        call = Incoming(1, called)
        call.cancelled = cancelled
        async with self.calls.table() as table:
            self.door.table = table
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._answered, call, does)
                await self.door.take(call)
                nursery.cancel_scope.cancel()
        return call

    async def _answered(self, call: Incoming, does: Callable[[FakeSession], Awaitable[None]]) -> None:
        await happens(lambda: call.session is not None)
        assert call.session is not None
        await does(call.session)

    @property
    def ended(self) -> EndCode:
        reason = self.calls.row().end_reason
        assert reason is not None
        return reason.code

    @property
    def outcome(self) -> object:
        (asked,) = self.calls.entries("assistant.requested")
        return asked["outcome"]


async def test_an_assistant_by_its_id_or_whole_answers(autojump_clock: trio.testing.MockClock) -> None:
    for number in range(3):
        world = World({})
        kept = await world.resources.create(ORG, ASSISTANT, {"name": "Kept", "firstMessage": "I am kept."})
        world.requests.answer = (
            {"assistantId": str(kept.id)},
            {"assistant": {"name": "Inline", "firstMessage": "I am here for you."}},
            {"assistantId": str(kept.id), "assistantOverrides": {"firstMessage": "I am another."}},
        )[number]
        world.requests.takes_s = 3.0
        call = await world.run()
        assert world.calls.said()[0][1] == ("I am kept.", "I am here for you.", "I am another.")[number]
        ((org_id, whom, message),) = world.requests.asked
        assert (org_id, str(whom).partition(":")[0], message["type"]) == (
            ORG,
            "phone-number",
            "assistant-request",
        )
        assert message["phoneNumber"]["number"] == "+493012345"
        assert message["call"]["id"] == world.calls.row().id, "the call that the server was told of"
        assert (world.outcome, world.calls.row().org_id) == ("assistant", ORG)
        (asked,) = world.calls.entries("assistant.requested")
        assert asked["took_ms"] == 3000
        assert call.rang_at is not None
        (started,) = world.calls.entries("assistant.started")
        assert started.get("assistant_id") == (None if number == 1 else str(kept.id))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (OutboundError("the server answered 500", OutboundFault.PROTOCOL), EndCode.REQUEST_FAILED),
        ({}, EndCode.REQUEST_EMPTY),
        ({"assistantId": None, "assistant": None}, EndCode.REQUEST_EMPTY),
        ({"assistantId": "x"}, EndCode.REQUEST_INVALID),
        ({"assistantId": str(uuid4())}, EndCode.REQUEST_INVALID),
        ({"assistant": {"name": 5}}, EndCode.REQUEST_INVALID),
        ({"assistant": []}, EndCode.REQUEST_INVALID),
        ({"assistant": {}, "assistantOverrides": {"no": "field"}}, EndCode.REQUEST_INVALID),
        ({"squadId": str(uuid4())}, EndCode.REQUEST_INVALID),
        ({"destination": {"type": "assistant"}}, EndCode.REQUEST_INVALID),
        ({"destination": "+49"}, EndCode.REQUEST_INVALID),
        ({"error": {"no": "text"}}, EndCode.REQUEST_UNSPEAKABLE),
        ({"error": "  "}, EndCode.REQUEST_UNSPEAKABLE),
    ],
    ids=lambda given: given.name if isinstance(given, EndCode) else "",
)
async def test_what_is_no_assistant_ends_the_call_unanswered(
    answer: Answer, code: EndCode, autojump_clock: trio.testing.MockClock
) -> None:
    world = World(answer)
    call = await world.run()
    assert (world.ended, world.outcome) == (code, code.value)
    assert call.rang
    assert call.rejected == (480, {})
    assert call.session is None


async def test_a_server_that_hangs_costs_7_5_seconds(autojump_clock: trio.testing.MockClock) -> None:
    world = World({"assistant": {"name": "late"}})
    world.requests.takes_s = 60.0
    began = trio.current_time()
    call = await world.run()
    assert world.ended is EndCode.REQUEST_FAILED
    assert call.rejected is not None
    assert 7.5 <= trio.current_time() - began < 8.0
    assert call.rang_at is not None
    assert call.rang_at - began < 0.1, "the caller heard ringing all the while"


async def test_an_error_is_spoken_and_then_it_is_over(autojump_clock: trio.testing.MockClock) -> None:
    world = World({"error": "We are closed today."})
    call = await world.run()
    assert world.calls.said() == [("assistant", "We are closed today.")]
    assert (world.ended, world.outcome) == (EndCode.REQUEST_ERROR, "error")
    assert call.session is not None
    assert call.session.bye_sent_at is not None, "the runtime hung up"


async def test_an_error_that_cannot_be_spoken(autojump_clock: trio.testing.MockClock) -> None:
    world = World({"error": "We are closed today."})
    failure = ProviderError("no voice", provider="fake", stage="tts")
    world.calls.tts.errors.extend([failure] * 10)
    await world.run()
    assert world.ended is EndCode.REQUEST_UNSPEAKABLE


async def takes_the_refer(session: FakeSession) -> None:
    """The caller's side calls whom it is told to."""
    await happens(lambda: bool(session.referred))
    session.refer_says(ReferAnswered(202, reports=True), ReferReported(200, last=True))


async def test_a_destination_is_called_at_once(autojump_clock: trio.testing.MockClock) -> None:
    destination = {"type": "sip", "sipUri": "sip:desk@pbx.example"}
    world = World({"destination": destination, "assistant": {"name": "does not matter"}})
    call = await world.run(does=takes_the_refer)
    assert call.session is not None
    ((target, _),) = call.session.referred
    assert "desk@pbx.example" in str(target)
    assert (world.ended, world.outcome) == (EndCode.REQUEST_FORWARDED, "destination")
    assert world.calls.said() == [], "nobody has said anything"


async def test_a_number_may_say_where_its_calls_go_then(autojump_clock: trio.testing.MockClock) -> None:
    fallback = {"type": "sip", "sipUri": "sip:operator@pbx.example"}
    world = World(OutboundError("down", OutboundFault.TIMEOUT), fallbackDestination=fallback)
    call = await world.run(does=takes_the_refer)
    assert call.session is not None
    ((target, _),) = call.session.referred
    assert "operator@pbx.example" in str(target)
    assert (world.ended, world.outcome) == (EndCode.FORWARDED, EndCode.REQUEST_FAILED.value)


async def test_who_is_not_asked(autojump_clock: trio.testing.MockClock) -> None:
    """A number of nobody's, one without any server, and one with an assistant."""
    world = World({"error": "never said"})
    await world.run(called="+4999")
    assert world.requests.asked == []
    assert world.calls.row().org_id == DEFAULT_ORGANIZATION
    world = World({"error": "never said"}, server=None)
    await world.run()
    assert world.requests.asked == []
    assert world.calls.row().org_id == ORG
    world = World({"error": "never said"})
    kept = await world.resources.create(ORG, ASSISTANT, {"name": "Kept", "firstMessage": "I am kept."})
    world.number["assistantId"] = str(kept.id)
    await world.run()
    assert world.requests.asked == []
    assert json.dumps(world.calls.said()[0]) == '["assistant", "I am kept."]'


async def test_a_caller_who_gives_up_meanwhile(autojump_clock: trio.testing.MockClock) -> None:
    world = World({"assistant": {"name": "A"}})
    world.requests.takes_s = 5.0
    await world.run(cancelled=True)
    assert world.ended is EndCode.CALLER_CANCELLED
