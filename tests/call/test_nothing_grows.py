"""A call of hours holds no more than a call of minutes: its history is the store's.

Counted are the product's objects and what lies in their containers, not bytes: an allocator's habits are none
of this. The only history a call needs is the model's, which has a bound of its own.
"""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle

import pytest
import trio

from aywa.call.context import Context
from aywa.call.transcript import KEPT_LINES, Transcript
from aywa.ports.llm import ChatEvent, Done, ToolCall
from aywa.ports.store import CallBatch, TranscriptLine
from aywa.turn.events import UserSaid
from aywa.turn.states import State
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_providers import FakeModel, FakeScenario, Step, says
from tests.kit.fake_store import FakeStore

ROUND = 12  # turns after which everything has come once: answers, tools, interruptions
CONTAINERS = (list, dict, set, deque, bytearray)
# The context drops a quarter at a time: at its fullest it holds a message more in one round than in another.
UNEVEN = 3


class ForgetfulStore(FakeStore):
    """What is written is no longer in memory."""

    async def write(self, batch: CallBatch) -> None:
        await self._io()


class EndlessModel(FakeModel):
    """The same round of answers for ever: a tool now and then, with words before it."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._round = cycle(range(4))

    async def _run(self, steps: list[Step]) -> AsyncIterator[ChatEvent]:
        asked = self.requests[-1].messages[-1].role.value
        if asked == "user" and next(self._round) == 0:
            self._number += 1
            steps = [*says("One moment.")[:-1], ToolCall(f"call-{self._number}", "note", {"room": 7}), Done()]
        async for event in super()._run(steps):
            yield event


def ours(things: Iterable[object]) -> list[object]:
    """Those of the product's types."""
    return [thing for thing in things if str(type(thing).__module__).startswith("aywa")]


@contextmanager
def before_the_call() -> Iterator[list[object]]:
    """What is there already: it may grow, too, but need not be looked for among a million objects again."""
    gc.collect()
    standing = ours(gc.get_objects())
    gc.freeze()
    try:
        yield standing
    finally:
        gc.unfreeze()


def sizes(standing: Sequence[object]) -> Counter[str]:
    """How many of each of the product's types there are, and how much lies in each of their containers."""
    gc.collect()
    found: Counter[str] = Counter()
    for thing in (*standing, *ours(gc.get_objects())):
        kind = type(thing)
        found[kind.__qualname__] += 1
        slots = [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]
        for name in (*slots, *getattr(thing, "__dict__", ())):
            value = getattr(thing, name, None)
            if isinstance(value, CONTAINERS):
                found[f"{kind.__qualname__}.{name}"] += len(value)
    return found


def forget(world: CallWorld) -> None:
    """What only the fakes remember."""
    world.seen.clear()
    world.model.requests.clear()
    world.tts.spoken.clear()
    for ears in world.stt.sessions:
        ears.expected.clear()
        ears.fed.clear()
    for box in world.scenario.boxes:
        box.invoked.clear()
    for sink in world.recordings.sinks.values():
        sink.frames.clear()


async def take_turns(person: Person, turns: int, standing: Sequence[object]) -> Counter[str]:
    """So many turns, every third answer interrupted; the most there was of anything at a turn's end."""
    most: Counter[str] = Counter()
    for turn in range(turns):
        await person.says("a room with a view please")
        await person.until(State.SPEAKING)
        if turn % 3 == 0:
            await person.says("no wait make that two")
            await person.until(State.SPEAKING)
        await person.until(State.LISTENING)
        if turn % 2:
            await trio.sleep(1.0)  # the journal and the recording have written
            forget(person.world)
            most |= sizes(standing)
    return most


async def test_from_turn_to_turn(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note(call: ToolCall) -> str:
        return '{"noted": true}'

    assert Context.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Context.__init__.__kwdefaults__, "most_characters", 2000)
    world = CallWorld(model=EndlessModel(), scenario=FakeScenario({"note": note}), store=ForgetfulStore())
    with before_the_call() as standing:
        async with world.call() as person:
            await person.listens()
            await take_turns(person, 3 * ROUND, standing)
            before = await take_turns(person, 2 * ROUND, standing)
            after = await take_turns(person, 2 * ROUND, standing)
            person.session.remote_hangs_up()
    grown = {name: (before[name], count) for name, count in after.items() if count > before[name] + UNEVEN}
    assert grown == {}
    assert before["Message"] > ROUND, "the call has a history"


async def test_a_transcript_keeps_its_latest_lines_and_counts_all() -> None:
    kept: list[TranscriptLine] = []
    transcript = Transcript("c", kept.append)
    for number in range(3 * KEPT_LINES):
        transcript.user(UserSaid(str(number), number * 80, number * 80 + 40), 0)
    assert [line.seq for line in kept] == list(range(1, 3 * KEPT_LINES + 1))
    assert transcript.count == 3 * KEPT_LINES
    assert list(transcript.latest) == kept[-KEPT_LINES:]
    assert transcript.since(3 * KEPT_LINES - 2) == kept[-2:]
    assert transcript.since(transcript.count) == []
    assert transcript.since(0) == kept[-KEPT_LINES:]
