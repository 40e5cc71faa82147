"""The end of a recording in mid-call, and its pauses: by an operator, by the caller, by the model."""

from __future__ import annotations

from array import array

import pytest
import trio
import trio.testing

from aywa.call.control import LineAction, SteerLine
from aywa.errors import RequestError
from aywa.model.assistant import Assistant
from aywa.ports.llm import ToolCall
from aywa.settings import CallSettings
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_providers import FakeModel, says

TONE = 5


def samples(world: CallWorld, person: Person) -> array[int]:
    found = array("h")
    found.frombytes(bytes(world.recordings.sinks[person.live.id].frames))
    return found[::2]


async def does(person: Person, action: LineAction) -> None:
    await person.live.control(SteerLine(action))


async def test_a_stop_is_obeyed_within_a_second(autojump_clock: trio.testing.MockClock) -> None:
    """The file is complete within a second and ends at that very sample, while the call goes on."""
    world = CallWorld(model=FakeModel(says("Hello."), says("Yes.")))
    async with world.call() as person:
        person.leg.tone = TONE
        await person.listens()
        at, began = person.leg.timeline, trio.current_time()
        await does(person, LineAction.STOP_RECORDING)
        sink = world.recordings.sinks[person.live.id]
        await happens(lambda: sink.closed, 2)
        assert trio.current_time() - began < 1.0
        await person.says("a room please")
        await person.listens()
        with pytest.raises(RequestError) as refused:
            await does(person, LineAction.STOP_RECORDING)
        assert refused.value.code == "not-recorded"
        person.session.remote_hangs_up()
    assert len(samples(world, person)) == at
    assert world.entries("recording.stopped") == [
        {"by": "operator", "phrase": "", "sample": at, "offset_ms": at // 8}
    ]
    compliance = world.row().compliance
    assert compliance == {"recording": {"stopped": {"by": "operator", "offsetMs": at // 8}}}


@pytest.mark.parametrize(
    "words", ["Please stop recording this.", "Nehmen Sie das bitte nicht auf", "arrêtez l'enregistrement"]
)
async def test_the_caller_stops_it(words: str, autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello."), says("Of course.")))
    async with world.call() as person:
        person.leg.tone = TONE
        await person.listens()
        await person.says(words)
        said = trio.current_time()
        sink = world.recordings.sinks[person.live.id]
        await happens(lambda: sink.closed, 2)
        assert trio.current_time() - said < 1.0
        await person.listens()
        await trio.sleep(6)
        person.session.remote_hangs_up()
    stopped = world.entries("recording.stopped")[0]
    assert stopped["by"] == "caller"
    assert stopped["phrase"]
    assert ("assistant", "The recording has been stopped.") in world.said()


async def test_the_model_stops_it(autojump_clock: trio.testing.MockClock) -> None:
    """Its tool is there while a recording is that somebody has agreed to."""
    plan = {
        "recordingConsentPlan": {"type": "stay-on-line", "message": "This is recorded.", "waitSeconds": 1}
    }
    model = FakeModel(
        says("Hello."), [0.1, ToolCall("1", "stopRecording", {})], says("It is stopped."), says("Yes.")
    )
    made = Assistant.model_validate({"compliancePlan": plan})
    world = CallWorld(model=model, assistant=made)
    async with world.call() as person:
        await person.listens()
        await trio.sleep(6)
        await person.says("I would rather have nobody listen to this later")
        await happens(lambda: "recording.stopped" in world.kinds())
        await person.listens()
        await person.says("a room")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.entries("recording.stopped")[0]["by"] == "model"
    offered = [[tool.name for tool in request.tools] for request in model.requests]
    assert offered[1] == ["stopRecording"]
    assert offered[-1] == []


async def test_a_pause_is_silence(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello.")))
    async with world.call() as person:
        person.leg.tone = TONE
        await person.listens()
        start = person.leg.timeline
        await does(person, LineAction.PAUSE_RECORDING)
        await trio.sleep(2)
        end = person.leg.timeline
        await does(person, LineAction.RESUME_RECORDING)
        await trio.sleep(1)
        person.session.remote_hangs_up()
    found = samples(world, person)
    assert len(found) == person.leg.timeline
    assert set(found[start:end]) == {0}
    assert set(found[end:]) == {TONE}
    compliance = world.row().compliance
    assert compliance is not None
    assert compliance["recording"] == {
        "pauses": [{"startMs": start // 8, "endMs": end // 8, "why": "pause-recording"}]
    }


@pytest.mark.parametrize("action", [LineAction.STOP_RECORDING, LineAction.PAUSE_RECORDING])
async def test_nothing_to_stop(action: LineAction, autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(settings=CallSettings(), model=FakeModel(says("Hello.")))
    async with world.call() as person:
        await person.listens()
        with pytest.raises(RequestError) as refused:
            await does(person, action)
        person.session.remote_hangs_up()
    assert refused.value.http_status == 409
    assert world.row().compliance is None


async def test_a_resume_that_nobody_paused(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello.")))
    async with world.call() as person:
        await person.listens()
        for action in (LineAction.RESUME_RECORDING, LineAction.RESUME_CARD):
            with pytest.raises(RequestError):
                await does(person, action)
        person.session.remote_hangs_up()
