"""A call that is over is gone by itself: nothing of it waits for the garbage collector.

What the collector has to find stays for as long as it does not look, and it looks the more rarely the fewer
objects calls make; each call left 130 KiB to it once.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
import trio

from aywa.call.control import TransferCall
from aywa.call.conversation import Conversation
from aywa.call.table import CallTable
from aywa.ports.llm import ChatEvent, Done, ToolCall
from aywa.proto.sdp.offer_answer import AudioFormat, LocalAudio, make_offer
from aywa.settings import CallSettings
from aywa.turn.states import State
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_providers import FakeModel, FakeScenario, Step, broken, says
from tests.kit.fake_sip import FakeIncomingCall
from tests.kit.transfer_world import TRUNK, plan

SETTLED_S = 60.0  # virtual: every timer of a call is over


@contextmanager
def no_collector() -> Iterator[None]:
    """What is unreachable stays until the block is left."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def left_to_the_collector() -> list[str]:
    """The types of this product's objects, and of the tests', that only the collector could free."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return sorted(
            f"{type(found).__module__}.{type(found).__qualname__}"
            for found in gc.garbage
            if type(found).__module__.startswith(("aywa", "tests"))
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


async def one_call(
    world: CallWorld,
    table: CallTable,
    talk: Callable[[Person], Awaitable[None]] | None,
    incoming: FakeIncomingCall,
) -> list[weakref.ref[object]]:
    """Have it to its end; weak references to what it was made of."""
    held: list[weakref.ref[object]] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(table.take_incoming, incoming)
        if talk is not None:
            person = await Person.on(world, table, incoming)
            live = person.live
            parts = (
                live,
                live.conversation,
                live.conversation.manager,
                live.timeline,
                live.capture,
                live.tools,
            )
            held = [weakref.ref(part) for part in (*parts, person.leg, person.session)]
            await talk(person)
            await live.over.wait()
    world.engine.legs.clear()
    world.engine.ports.clear()
    world.stt.sessions.clear()
    world.dialler.invites.clear()
    world.engine.rooms.clear()
    world.scenario.boxes.clear()
    return held


async def assert_nothing_left(
    world: CallWorld, talk: Callable[[Person], Awaitable[None]] | None, incoming: FakeIncomingCall
) -> None:
    async with world.table() as table:
        with no_collector():
            held = await one_call(world, table, talk, incoming)
            del incoming
            await trio.sleep(SETTLED_S)
            assert [ref() for ref in held if ref() is not None] == []
            assert left_to_the_collector() == []


async def talks_and_hangs_up(person: Person) -> None:
    await person.listens()
    await person.says("a room please")
    await person.until(State.SPEAKING)
    person.leg.speech_started()  # into the assistant's word
    await trio.sleep(0.4)
    person.session.reinvite(make_offer(LocalAudio("127.0.0.1", 41_000), 9, 1))
    person.leg.speech_stopped()
    await person.listens()
    person.session.remote_hangs_up()


async def is_hung_up_on(person: Person) -> None:
    await person.listens()
    await person.says("a room please")


class FailingModel(FakeModel):
    """Makes each error when it raises it: one that waits in a list is held there with its frames."""

    async def _run(self, steps: list[Step]) -> AsyncIterator[ChatEvent]:
        await trio.sleep(0.1)
        raise broken("llm")
        yield Done()


@pytest.mark.parametrize(
    ("talk", "answers"),
    [
        (talks_and_hangs_up, lambda: (says("Hello."), says("A fine room. With a view."), says("Ah."))),
        (
            is_hung_up_on,
            lambda: (says("Hello"), [ToolCall("1", "note", {}), Done()], says("Bye.", end_call=True)),
        ),
    ],
    ids=["the caller hangs up", "the assistant hangs up after a tool"],
)
async def test_of_a_call(
    talk: Callable[[Person], Awaitable[None]],
    answers: Callable[[], tuple[list[ChatEvent | Exception], ...]],
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def note(call: ToolCall) -> str:
        return "noted"

    world = CallWorld(model=FakeModel(*answers()), scenario=FakeScenario({"note": note}))
    await assert_nothing_left(world, talk, FakeIncomingCall())


async def talks_with_a_colleague(person: Person) -> None:
    await person.listens()
    await person.live.control(TransferCall(plan()))
    await happens(lambda: person.world.engine.legs[1:] != [])
    await trio.sleep(12)
    person.world.engine.legs[1].press("1")
    await trio.sleep(5)
    person.session.remote_hangs_up()


async def test_of_a_call_that_was_handed_over(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello.")), trunks=(TRUNK,))
    await assert_nothing_left(world, talks_with_a_colleague, FakeIncomingCall())


async def test_of_a_call_whose_model_fails(autojump_clock: trio.testing.MockClock) -> None:
    await assert_nothing_left(CallWorld(model=FailingModel()), is_hung_up_on, FakeIncomingCall())


async def test_of_a_call_that_crashes(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do the error and its frames hold what they came through."""
    world = CallWorld(model=FakeModel(says("Hello.")))

    def fail(self: Conversation, event: object) -> None:
        raise KeyError("a bug")

    async def talk(person: Person) -> None:
        await person.listens()
        monkeypatch.setattr(Conversation, "transcribed", fail)
        await person.says("hello")

    await assert_nothing_left(world, talk, FakeIncomingCall())


async def test_of_a_call_that_is_refused(autojump_clock: trio.testing.MockClock) -> None:
    await assert_nothing_left(CallWorld(settings=CallSettings(max_calls=0)), None, FakeIncomingCall())
    opus = LocalAudio("127.0.0.1", 40_000, (AudioFormat(96, "opus", 48_000),))
    await assert_nothing_left(CallWorld(), None, FakeIncomingCall(offer=make_offer(opus, 1, 1)))
    await assert_nothing_left(CallWorld(), None, FakeIncomingCall(cancelled=True))
