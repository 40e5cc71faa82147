"""What tells, beside the words, whether a caller has finished: a server, the sound; when audio may begin."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import trio
import trio.testing

from aywa.call.end_sound import EndSound
from aywa.call.hearing import Hearing
from aywa.call.timeline import Timeline
from aywa.errors import ProviderError
from aywa.media.events import PcmReady
from aywa.model.assistant import Assistant
from aywa.ports.endpointing import EndpointingAdvisor
from aywa.ports.turn_sound import TurnSoundModel
from aywa.turn.events import SoundJudged
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeEars, FakeModel, FakeTranscriber, says

PLAN = {
    "startSpeakingPlan": {
        "waitSeconds": 0,
        "smartEndpointingPlan": {
            "provider": "custom-endpointing-model",
            "server": {"url": "https://voice.example.com/end"},
        },
    }
}


class FakeAdvisor:
    """Answers after `delay_s`; None: fails."""

    name = "fake"

    def __init__(self, wait_s: float | None, delay_s: float = 0.05) -> None:
        self.wait_s = wait_s
        self.delay_s = delay_s
        self.asked: list[Mapping[str, object]] = []

    async def advise(self, message: Mapping[str, object]) -> float:
        self.asked.append(message)
        await trio.sleep(self.delay_s)
        if self.wait_s is None:
            raise ProviderError("no", provider="fake", stage="turn")
        return self.wait_s


class World(CallWorld):
    """With ears for endings."""

    ears: tuple[EndpointingAdvisor | None, TurnSoundModel | None] = (None, None)

    def dependencies(self):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        return replace(super().dependencies(), advisor=self.ears[0], turn_sound=self.ears[1])


async def talk(world: CallWorld, words: str) -> float:
    """A caller says this; the wait that his turn was taken after."""
    async with world.call() as person:
        await person.listens()
        await person.says(words)
        await person.listens()
        person.session.remote_hangs_up()
    return float(str(world.entries("turn.taken")[0]["wait_s"]))


async def test_the_server_is_asked_and_decides(autojump_clock: trio.testing.MockClock) -> None:
    world = World(model=FakeModel(says("Hello."), says("Yes.")), assistant=Assistant.model_validate(PLAN))
    advisor = FakeAdvisor(1.7)
    world.ears = (advisor, None)
    assert await talk(world, "a room please") == 1.7
    (message,) = advisor.asked
    assert message["type"] == "call.endpointing.request"
    assert message["messagesOpenAIFormatted"][-1] == {"role": "user", "content": "a room please"}  # type: ignore[index]
    assert {"role": "bot", "message": "Hello."} in message["messages"]  # type: ignore[operator]
    assert world.entries("turn.advice") == [{"wait_s": 1.7}]
    assert world.entries("turn.taken")[0]["source"] == "ADVICE"


@pytest.mark.parametrize("advisor", [FakeAdvisor(None), FakeAdvisor(9.0, delay_s=60.0)])
async def test_a_server_that_fails_or_hangs_keeps_nobody_waiting(
    advisor: FakeAdvisor, autojump_clock: trio.testing.MockClock
) -> None:
    world = World(model=FakeModel(says("Hello."), says("Yes.")), assistant=Assistant.model_validate(PLAN))
    world.ears = (advisor, None)
    assert await talk(world, "no thank you") < 0.95
    assert world.entries("turn.advice_failed")
    assert world.entries("turn.taken")[0]["source"] == "MODEL"


async def test_without_a_server_the_model_decides(autojump_clock: trio.testing.MockClock) -> None:
    world = World(model=FakeModel(says("Hello."), says("Yes.")), assistant=Assistant.model_validate(PLAN))
    await talk(world, "no thank you")
    assert world.entries("turn.taken")[0]["source"] == "MODEL"


async def test_nothing_is_heard_before_the_wait_of_the_plan(autojump_clock: trio.testing.MockClock) -> None:
    plan = {"startSpeakingPlan": {"waitSeconds": 3}}
    world = CallWorld(model=FakeModel(says("Hello."), says("Yes.")), assistant=Assistant.model_validate(plan))
    async with world.call() as person:
        await person.listens()
        played = len(person.leg.sent)
        await person.says("no thank you")
        stopped = trio.current_time()
        while len(person.leg.sent) == played:  # noqa: ASYNC110 - the fake leg plays on a tick
            await trio.sleep(0.01)
        assert trio.current_time() - stopped == pytest.approx(3.0, abs=0.1)
        await person.listens()
        person.session.remote_hangs_up()
    asked, answered = world.entries("turn.taken")[0], len(world.model.requests)
    assert float(str(asked["wait_s"])) < 1.0  # the model was asked at once
    assert answered == 2


class FakeSound:
    """Says how finished whatever it hears is."""

    name = "fake"
    seconds = 1.0

    def __init__(self, *verdicts: float | Exception) -> None:
        self.verdicts = list(verdicts)
        self.heard: list[int] = []

    async def complete(self, pcm: bytes) -> float:
        self.heard.append(len(pcm))
        await trio.sleep(0.02)
        verdict = self.verdicts.pop(0)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


async def test_the_sound_is_judged_at_each_pause(autojump_clock: trio.testing.MockClock) -> None:
    sound, judged = FakeSound(0.9, ProviderError("no", provider="f", stage="turn"), 0.1, 0.2), []
    timeline = Timeline("call", lambda entry: None, lambda entry: None)
    async with trio.open_nursery() as nursery:
        ear = EndSound(sound, nursery, timeline, judged.append)
        for end in range(800, 16801, 800):
            ear.feed(bytes(3200), end)
        ear.speech_started(0)
        ear.speech_stopped(16000)
        await trio.sleep(0.1)
        assert judged == [SoundJudged(16000, 0.9)]
        assert sound.heard == [32000]  # no more than it hears
        ear.speech_stopped(16800)  # fails: nothing is said
        await trio.sleep(0.1)
        ear.feed(bytes(3200), 30000)  # time is missing
        ear.speech_stopped(30000)
        await trio.sleep(0.01)
        ear.speech_started(30100)  # he goes on: the verdict comes to nothing
        await trio.sleep(0.1)
        assert sound.heard[-1] == 3200
        ear.speech_stopped(30400)
        await trio.sleep(0.1)
    assert judged == [SoundJudged(16000, 0.9), SoundJudged(30400, 0.2)]


async def test_the_sound_counts_in_a_call(autojump_clock: trio.testing.MockClock) -> None:
    world = World(model=FakeModel(says("Hello."), says("Yes.")))
    world.ears = (None, FakeSound(0.99, 0.99))
    async with world.call() as person:
        await person.listens()
        person.leg.uplink.append((bytes(3200), 800))
        person.leg.emit(PcmReady())
        await person.says("a room please")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.entries("turn.sound")[0]["complete"] == 0.99
    assert "sound" in world.entries("turn.wait")[-1]["clues"]  # type: ignore[operator]


class SettlingEars(FakeEars):
    """Notes what it is told."""

    told: list[tuple[str, int]]

    def speech_started(self, at_sample: int) -> None:
        self.told.append(("start", at_sample))

    def speech_stopped(self, at_sample: int) -> None:
        self.told.append(("stop", at_sample))


async def test_a_recogniser_that_wants_whole_sentences_is_told_of_long_pauses_only(
    autojump_clock: trio.testing.MockClock,
) -> None:
    stt = FakeTranscriber()
    stt.settle_s = 0.45  # type: ignore[attr-defined]
    hearing = Hearing(stt, Timeline("call", lambda entry: None, lambda entry: None), lambda event: None)
    ears = SettlingEars(stt)
    ears.told = []
    hearing._session = ears
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hearing.tell_stops)
        hearing.speech_started(0)
        hearing.speech_stopped(8000, 0.2)
        await trio.sleep(0.2)
        hearing.speech_started(11000)  # a breath
        hearing.speech_stopped(16000, 0.2)
        await trio.sleep(0.24)
        assert ears.told == [("start", 0)]
        await trio.sleep(0.02)
        assert ears.told == [("start", 0), ("stop", 16000)]
        hearing.speech_started(20000)
        hearing.speech_stopped(24000, 0.5)
        assert ears.told[2:] == [("start", 20000), ("stop", 24000)]
        nursery.cancel_scope.cancel()
