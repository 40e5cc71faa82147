"""The second tier in a call: a noise gives the answer back, a voice does not."""

from __future__ import annotations

import trio
import trio.testing

from aywa.turn.states import State
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeModel, says
from tests.kit.fake_voice import FakeVoiceJudge

ROOMS = "Our rooms have a view of the lake and of the old town."


async def test_a_noise_gives_the_answer_back_before_the_recogniser_has_answered(
    autojump_clock: trio.testing.MockClock,
) -> None:
    judge = FakeVoiceJudge()
    world = CallWorld(model=FakeModel(says("Hello."), says(ROOMS)), voice_judge=judge)
    async with world.call() as person:
        await person.listens()
        await person.says("tell me about the rooms")
        await person.until(State.SPEAKING)
        await trio.sleep(1.0)
        person.leg.speech_started()
        await person.until(State.YIELDED)
        before = len(person.leg.sent)
        judge.judges(0.1)
        await person.until(State.SPEAKING, 0.1)
        await trio.sleep(0.5)
        assert len(person.leg.sent) > before
        person.leg.speech_stopped()
        person.session.remote_hangs_up()
    (doubted,) = world.entries("voice.doubted")
    assert doubted["probability"] == 0.1
    assert world.entries("turn.doubted")
    assert [kind for kind, _ in judge.stretches] == ["started", "stopped"] * 2
    assert judge.heard is None


async def test_a_voice_waits_for_its_words(autojump_clock: trio.testing.MockClock) -> None:
    judge = FakeVoiceJudge()
    world = CallWorld(model=FakeModel(says("Hello."), says(ROOMS), says("Yes?")), voice_judge=judge)
    async with world.call() as person:
        await person.listens()
        await person.says("tell me about the rooms")
        await person.until(State.SPEAKING)
        await trio.sleep(1.0)
        person.leg.speech_started()
        await person.until(State.YIELDED)
        judge.judges(0.9, windows=20)
        await trio.sleep(0.3)
        assert person.state is State.YIELDED
        person.leg.speech_stopped()
        person.session.remote_hangs_up()
    assert world.entries("voice.doubted") == []
