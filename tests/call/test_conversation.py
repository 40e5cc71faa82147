"""Whole conversations."""

from __future__ import annotations

import trio

from aywa.errors import EndCode, EndSide
from aywa.ports.llm import Done, Expect, Token, ToolCall
from aywa.ports.store import CallStatus
from aywa.turn.latency_report import PARTS
from aywa.turn.states import State
from tests.kit.call_world import NOT_AHEAD, CallWorld, happens
from tests.kit.fake_leg import FRAME
from tests.kit.fake_providers import FakeModel, FakeScenario, says


async def book(call: ToolCall) -> str:
    await trio.sleep(1.0)
    return '{"room": 12}'


async def test_a_room_is_booked(autojump_clock: trio.testing.MockClock) -> None:
    """Greeting, question, tool, goodbye: everything is recorded, and the last sentence is heard whole."""
    model = FakeModel(
        [*says("Good morning, this is the hotel.")[:-1], Expect(("Friday",)), Done()],
        [Token("One moment. "), ToolCall("t1", "book", {"day": "Friday"}), Done()],
        says("Room twelve is yours for Friday."),
        says("Goodbye.", end_call=True),
    )
    world = CallWorld(model=model, scenario=FakeScenario({"book": book}))
    async with world.call() as person:
        await person.listens()
        assert model.history(0) == []
        assert world.stt.sessions[0].expected == [("Friday",)]
        await person.says("Friday please")
        await person.listens()
        await person.says("thank you")
    assert world.said() == [
        ("assistant", "Good morning, this is the hotel."),
        ("user", "Friday please"),
        ("assistant", "One moment. Room twelve is yours for Friday."),
        ("user", "thank you"),
        ("assistant", "Goodbye."),
    ]
    row = world.row()
    assert row.status is CallStatus.ENDED
    assert row.end_reason is not None
    assert (row.end_reason.code, row.end_reason.side) == (EndCode.ASSISTANT_HANGUP, EndSide.ASSISTANT)
    assert row.started_at is not None
    assert row.recording_path
    # What the model read last: the tool's call before its result, and both before the reply.
    roles = [message.role.value for message in model.requests[-1].messages]
    assert roles == ["system", "assistant", "user", "assistant", "tool", "assistant", "user"]
    # Everything that was synthesized was sent, and only then came the BYE.
    characters = sum(len(text) for text in world.tts.spoken)
    assert len(person.leg.sent) // 2 == characters * 400
    assert person.session.bye_sent_at is not None


async def test_the_timeline_has_no_holes_and_is_stored(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert [entry.seq for entry in world.seen] == list(range(1, len(world.seen) + 1))
    assert sorted(seq for _, seq in world.store.entries) == [entry.seq for entry in world.seen]
    assert world.kinds()[0] == "call.created"
    assert world.kinds()[-1] == "call.ended"
    assert world.store.appends < len(world.seen) / 2, "entries are written in batches"


async def test_latency_is_measured_between_samples(autojump_clock: trio.testing.MockClock) -> None:
    """The total runs from the caller's last sample to the first one that can be heard; the parts add up."""
    world = CallWorld()
    world.tts.lead_samples = 800
    async with world.call() as person:
        await person.listens()
        await person.says("hello")
        end_sample = person.leg.timeline
        frames = len(person.leg.audible)
        await person.listens()
        first_frame = person.leg.audible[frames][0]
        person.session.remote_hangs_up()
    (latency,) = world.entries("turn.latency")
    assert latency["speech_end_sample"] == end_sample
    audible = latency["first_audible_sample"]
    assert isinstance(audible, int)
    assert first_frame + 800 <= audible <= first_frame + 800 + FRAME
    assert latency["total_ms"] == (audible - end_sample) // 8
    parts = [f"{part}_ms" for part in PARTS[1:]]
    assert sum(int(str(latency[part])) for part in parts) == latency["total_ms"]
    assert latency["stt_ms"] == 100
    (summary,) = world.entries("turn.summary")
    assert summary["turns"] == 1
    assert summary["latencies_ms"] == [{"turn": 2} | {part: latency[f"{part}_ms"] for part in PARTS}]
    assert summary["percentiles_ms"] == {
        part: dict.fromkeys(("p50", "p95", "p99"), latency[f"{part}_ms"]) for part in PARTS
    }
    assert world.kinds().count("turn.summary") == 1


async def test_barge_in_keeps_what_was_heard(autojump_clock: trio.testing.MockClock) -> None:
    """Words cut the answer at the sample: transcript, context and wire agree."""
    rooms = "Our rooms have a view of the lake and of the old town."
    model = FakeModel(says("Hello."), says(rooms), says("Yes?"))
    world = CallWorld(model=model, settings=NOT_AHEAD)
    async with world.call() as person:
        await person.listens()
        await person.says("tell me about the rooms")
        await person.until(State.SPEAKING)
        await trio.sleep(1.0)
        before = len(person.leg.sent)
        await person.says("stop please")
        assert len(person.leg.sent) == before, "nothing is sent while the gate is closed"
        await person.until(State.THINKING)
        assert len(person.leg.sent) == before
        await person.listens()
        person.session.remote_hangs_up()
    (cut,) = world.entries("turn.truncated")
    heard = str(cut["heard"])
    assert rooms.startswith(heard)
    assert 0 < len(heard) < 30
    assert ("assistant", heard) in model.history(-1)
    assert ("assistant", heard) in world.said()
    assert [entry["interrupted"] for entry in world.entries("turn.assistant")] == [False, True, False]


async def test_a_slow_recogniser_and_a_pause_for_breath(autojump_clock: trio.testing.MockClock) -> None:
    """The words before the pause arrive when the caller has gone on: one turn, with all of them."""
    world = CallWorld(model=FakeModel(says("Hello."), says("Three nights.")))
    world.stt.delay_s = 0.6
    async with world.call() as person:
        await person.listens()
        await person.says("Friday", 0.5)
        await trio.sleep(0.3)
        await person.says("for three nights")
        await person.listens()
        person.session.remote_hangs_up()
    assert len(world.model.requests) == 2
    assert world.said()[1:] == [("user", "Friday for three nights"), ("assistant", "Three nights.")]


async def test_a_cough_goes_on_at_the_exact_sample(autojump_clock: trio.testing.MockClock) -> None:
    """Speech without words: not one sample of the answer is lost or said twice."""
    model = FakeModel(says("Our rooms have a view of the lake. And of the old town."))
    world = CallWorld(model=model)
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await trio.sleep(0.7)
        await person.says("", 0.3)
        await person.until(State.SPEAKING)
        await person.until(State.LISTENING)
        person.session.remote_hangs_up()
    characters = sum(len(text) for text in world.tts.spoken)
    assert len(person.leg.sent) // 2 == characters * 400
    assert len(model.requests) == 1
    assert world.said() == [("assistant", "Our rooms have a view of the lake. And of the old town.")]


async def test_a_cough_before_the_first_sample_of_the_reply(autojump_clock: trio.testing.MockClock) -> None:
    """The reply is being made when the caller coughs: it comes all the same, once."""
    model = FakeModel(says("Hello."), says("We are open until nine.", after=1.0))
    world = CallWorld(model=model)
    async with world.call() as person:
        await person.listens()
        await person.says("when do you close")
        asked = person.leg.timeline
        await person.until(State.THINKING)
        await person.says("", 0.2)
        await person.until(State.SPEAKING)
        await person.until(State.LISTENING)
        person.session.remote_hangs_up()
    assert len(model.requests) == 2
    assert world.said()[-1] == ("assistant", "We are open until nine.")
    (latency,) = world.entries("turn.latency")
    assert latency["speech_end_sample"] == asked


async def test_a_tool_survives_the_interruption(autojump_clock: trio.testing.MockClock) -> None:
    """The caller talks over the booking: it is done once, and the next answer knows its result."""
    model = FakeModel(
        says("Hello."),
        [Token("I book it. "), ToolCall("t1", "book", {}), Done()],
        says("It was booked."),
    )
    scenario = FakeScenario({"book": book})
    world = CallWorld(model=model, scenario=scenario)
    async with world.call() as person:
        await person.listens()
        await person.says("book it")
        await happens(lambda: bool(scenario.boxes[0].invoked))
        await person.says("and breakfast", 0.3)
        await person.until(State.THINKING)
        await person.listens()
        person.session.remote_hangs_up()
    assert len(scenario.boxes[0].invoked) == 1
    roles = [message.role.value for message in model.requests[-1].messages]
    assert roles.index("tool") == roles.index("assistant", 2) + 1
    assert ("tool", '{"room": 12}') in model.history(-1)
    assert model.history(-1)[-1] == ("user", "and breakfast")


async def test_keys_are_a_turn(autojump_clock: trio.testing.MockClock) -> None:
    model = FakeModel(says("Please enter your number."), says("Thank you."))
    world = CallWorld(model=model)
    async with world.call() as person:
        await person.until(State.SPEAKING)
        person.leg.press("4")
        await trio.sleep(0.5)
        assert person.state is State.LISTENING, "a key cuts the answer"
        person.leg.press("2")
        person.leg.press("#")
        await person.listens()
        person.session.remote_hangs_up()
    assert model.history(-1)[-1] == ("user", "42")
