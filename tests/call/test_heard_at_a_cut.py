"""What was heard when something other than the caller's voice cuts the answer: no mark says where it was."""

from __future__ import annotations

import trio

from aywa.call.control import Say
from aywa.ports.llm import Done, Token
from aywa.turn.states import State
from tests.kit.call_world import NOT_AHEAD, CallWorld, Person
from tests.kit.fake_providers import FakeModel, broken, says

LONG = "Our rooms have a view of the lake and of the old town with all its many towers. "


def positions(world: CallWorld, person: Person) -> None:
    """Every line of the assistant lies behind the one before, and none before its first sample was sent."""
    lines = world.entries("turn.assistant")
    ends = [int(str(line["end_ms"])) for line in lines]
    starts = [int(str(line["start_ms"])) for line in lines]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    sent_ms = len(person.leg.sent) // 16
    spoken_ms = sum(end - start for start, end in zip(starts, ends, strict=True))
    assert abs(sent_ms - spoken_ms) <= 40 * len(lines)


async def test_the_second_phrase_cannot_be_spoken(autojump_clock: trio.testing.MockClock) -> None:
    """Three seconds of the first were heard, and that is what the model is told."""
    model = FakeModel(says("Hello."), [0.1, Token(LONG), 3.0, Token("And a garden. "), Done()], says("Yes?"))
    world = CallWorld(model=model, settings=NOT_AHEAD)
    world.tts.errors.extend([None, None, broken("tts")])
    async with world.call() as person:
        await person.listens()
        await person.says("tell me about the rooms")
        await person.until(State.SPEAKING)
        await person.until(State.THINKING)
        await person.listens()
        await person.says("go on")
        await person.listens()
        person.session.remote_hangs_up()
    (cut,) = world.entries("turn.truncated")
    assert LONG.startswith(str(cut["heard"]))
    assert 40 < len(str(cut["heard"])) < 70
    assert ("assistant", str(cut["heard"])) in world.said()
    positions(world, person)


async def test_an_operator_interrupts(autojump_clock: trio.testing.MockClock) -> None:
    """The assistant is cut without a word of the caller; what the operator says follows what was heard."""
    world = CallWorld(model=FakeModel(says("Hello."), says(LONG)))
    async with world.call() as person:
        await person.listens()
        await person.says("tell me about the rooms")
        await person.until(State.SPEAKING)
        await trio.sleep(2.0)
        await person.live.control(Say("A moment please.", interrupt=True))
        assert not person.live.conversation.manager.ledger.begun(3)
        await person.until(State.SPEAKING)
        await person.until(State.LISTENING)
        person.session.remote_hangs_up()
    (cut,) = world.entries("turn.truncated")
    assert LONG.startswith(str(cut["heard"]))
    assert 20 < len(str(cut["heard"])) < 50
    assert world.said()[-1] == ("assistant", "A moment please.")
    positions(world, person)
