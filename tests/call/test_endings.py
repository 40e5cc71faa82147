"""Every way in which a call ends has its reason, its record, and leaves nothing behind."""

from __future__ import annotations

import pytest
import trio

from aywa.call.control import EndCall, Say
from aywa.errors import EndCode, EndSide, MediaError, RequestError
from aywa.ports.llm import Done, Token, ToolCall
from aywa.ports.store import CallStatus
from aywa.proto.sdp.offer_answer import AudioFormat, LocalAudio, make_offer
from aywa.settings import CallSettings, SrtpPolicy, TrunkSettings
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.call_world import NOT_AHEAD, CallWorld, Person, happens
from tests.kit.fake_providers import FakeModel, FakeScenario, broken, says
from tests.kit.fake_sip import FakeIncomingCall


def ended(world: CallWorld) -> tuple[EndCode, EndSide]:
    """How the only call ended, as the store has it; checks what holds for every end."""
    row = world.row()
    assert row.status is CallStatus.ENDED
    assert row.ended_at is not None
    assert row.end_reason is not None
    assert world.kinds()[-1] == "call.ended"
    assert len(world.store.entries) == len(world.seen)
    assert all(ports.released for ports in world.engine.ports)
    return row.end_reason.code, row.end_reason.side


async def test_the_caller_hangs_up(autojump_clock: trio.testing.MockClock) -> None:
    """In the middle of a word, with a sentence not yet answered: both are in the record."""
    world = CallWorld(model=FakeModel(says("Our rooms have a view of the lake.")))
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await trio.sleep(0.5)
        person.leg.speech_started()
        person.world.stt.words.append("never mind")
        await trio.sleep(0.4)
        person.leg.speech_stopped()
        await trio.sleep(0.15)
        person.session.remote_hangs_up()
    assert ended(world) == (EndCode.CUSTOMER_HANGUP, EndSide.CALLER)
    assert person.session.bye_sent_at is None
    assert ("user", "never mind") in world.said()
    assert world.said()[0][1].startswith("Our")
    sink = world.recordings.sinks[world.row().id]
    assert sink.closed
    assert len(sink.frames) // 4 == person.leg.timeline, "the recording ends with the leg"


async def test_the_model_fails_again_and_again(autojump_clock: trio.testing.MockClock) -> None:
    """One failure is apologised for, the next one in a row ends the call with a farewell."""
    model = FakeModel(says("Hello."), [Token("I will look "), broken("llm")], [broken("llm")])
    world = CallWorld(model=model, settings=NOT_AHEAD)
    async with world.call() as person:
        await person.listens()
        await person.says("a room please")
        await person.listens()
        assert world.tts.spoken[-1] == TurnSettings().phrases.apology
        await person.says("a room please")
    assert ended(world) == (EndCode.PROVIDER_ERROR, EndSide.SYSTEM)
    assert world.tts.spoken[-1] == TurnSettings().phrases.failure_farewell


async def test_the_synthesizer_fails_for_good(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    world.tts.errors.extend([broken("tts"), broken("tts")])
    async with world.call():
        pass
    assert ended(world) == (EndCode.PROVIDER_ERROR, EndSide.SYSTEM)


async def test_the_synthesizer_fails_once(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    world.tts.errors.append(broken("tts"))
    async with world.call() as person:
        await person.listens()
        assert world.tts.spoken[-1] == TurnSettings().phrases.apology
        person.session.remote_hangs_up()
    assert ended(world)[0] is EndCode.CUSTOMER_HANGUP


async def test_the_synthesizer_never_answers(autojump_clock: trio.testing.MockClock) -> None:
    """A provider that hangs is a provider that failed."""
    world = CallWorld()
    world.tts.hang = True
    async with world.call():
        pass
    assert ended(world) == (EndCode.PROVIDER_ERROR, EndSide.SYSTEM)


async def test_the_model_never_answers(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel([1000.0], says("Yes?")))
    async with world.call() as person:
        await person.listens()
        assert world.tts.spoken == [TurnSettings().phrases.apology]
        await person.says("hello")
        await person.listens()
        assert world.tts.spoken[-1] == "Yes?"
        person.session.remote_hangs_up()
    assert ended(world)[0] is EndCode.CUSTOMER_HANGUP


async def test_the_recogniser_is_lost(autojump_clock: trio.testing.MockClock) -> None:
    """It is opened again, and the dialogue goes on; when it cannot be, the call ends."""
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        world.stt.sessions[-1].hear(broken("stt", retryable=True))
        await trio.sleep(1.0)
        assert len(world.stt.sessions) == 2
        await person.says("hello")
        await person.listens()
        world.stt.sessions[-1].hear(broken("stt"))
    assert ended(world) == (EndCode.PROVIDER_ERROR, EndSide.SYSTEM)


async def test_the_recogniser_never_answers(autojump_clock: trio.testing.MockClock) -> None:
    """No transcript at all: the answer that was cut goes on, and nobody waits for ever."""
    world = CallWorld(model=FakeModel(says("Our rooms have a view of the lake.")))
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await person.says(None, 0.5)
        assert person.state is State.YIELDED
        await person.until(State.LISTENING)
        person.session.remote_hangs_up()
    assert world.said() == [("assistant", "Our rooms have a view of the lake.")]


async def test_media_stops(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        person.leg.lose_media()
    assert ended(world) == (EndCode.MEDIA_TIMEOUT, EndSide.SYSTEM)
    assert person.session.bye_sent_at is not None


async def test_the_caller_is_silent(autojump_clock: trio.testing.MockClock) -> None:
    """Asked twice, then told goodbye, and only then hung up on."""
    phrases = TurnSettings().phrases
    world = CallWorld(model=FakeModel(says("Hello.")), settings=CallSettings(silence_timeout_s=30.0))
    async with world.call():
        pass
    assert ended(world) == (EndCode.SILENCE, EndSide.SYSTEM)
    assert world.tts.spoken == [
        "Hello.",
        phrases.silence_prompt,
        phrases.silence_prompt,
        phrases.silence_farewell,
    ]
    assert world.said()[-1] == ("assistant", phrases.silence_farewell)


async def test_the_longest_duration(autojump_clock: trio.testing.MockClock) -> None:
    model = FakeModel(says("Hello."), says("word " * 400))
    world = CallWorld(model=model, settings=CallSettings(max_duration_s=20.0))
    async with world.call() as person:
        await person.listens()
        await person.says("tell me everything")
    assert ended(world) == (EndCode.MAX_DURATION, EndSide.SYSTEM)
    assert world.said()[-1] == ("assistant", TurnSettings().phrases.duration_farewell)


async def test_lost_marks(autojump_clock: trio.testing.MockClock) -> None:
    """Without one mark the answer is over when its samples must have been played."""
    world = CallWorld(model=FakeModel(says("Hello."), says("Goodbye.", end_call=True)))
    world.engine.lose_marks = True
    async with world.call() as person:
        await person.listens()
        await person.says("bye")
    assert ended(world) == (EndCode.ASSISTANT_HANGUP, EndSide.ASSISTANT)
    assert len(person.leg.sent) // 2 == len("Hello.Goodbye.") * 400


async def test_speech_over_the_farewell(autojump_clock: trio.testing.MockClock) -> None:
    """The last sentence is heard whole, and so is what the caller says over it."""
    world = CallWorld(model=FakeModel(says("It was a pleasure, goodbye.", end_call=True)))
    async with world.call() as person:
        await person.until(State.CLOSING)
        await trio.sleep(0.6)
        await person.says("bye bye", 0.3)
    assert ended(world) == (EndCode.ASSISTANT_HANGUP, EndSide.ASSISTANT)
    assert ("assistant", "It was a pleasure, goodbye.") in world.said()
    assert ("user", "bye bye") in world.said()
    assert len(person.leg.sent) // 2 == sum(len(text) for text in world.tts.spoken) * 400


async def test_an_operator_ends_the_call(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        await person.live.control(EndCall())
        assert person.live.over.is_set()
        with pytest.raises(RequestError) as caught:
            await person.live.control(EndCall())
        assert caught.value.http_status == 409
    assert ended(world) == (EndCode.CONTROL, EndSide.OPERATOR)


async def test_an_operator_speaks(autojump_clock: trio.testing.MockClock) -> None:
    """A sentence waits until nobody speaks, unless it shall interrupt; it stands in the transcript."""
    world = CallWorld(model=FakeModel(says("Our rooms have a view of the lake.")))
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await person.live.control(Say("One moment please."))
        await person.until(State.THINKING)
        await person.live.control(Say("Listen.", interrupt=True))
        await person.until(State.SPEAKING)
        await person.until(State.LISTENING)
        with pytest.raises(RequestError):
            await person.live.control(Say("  "))
        await person.live.control(Say("Farewell.", end_call=True))
    assert ended(world) == (EndCode.ASSISTANT_HANGUP, EndSide.ASSISTANT)
    texts = [text for role, text in world.said() if role == "assistant"]
    assert texts[0] == "Our rooms have a view of the lake."
    assert texts[-2:] == ["Listen.", "Farewell."]


async def test_what_an_operator_protects_is_heard_whole(autojump_clock: trio.testing.MockClock) -> None:
    """A legal notice: the caller talks into it, and is answered when it was heard."""
    world = CallWorld(model=FakeModel(says("Good morning."), says("Of course.")))
    notice = "This call is recorded, as the law of this country has it."
    async with world.call() as person:
        await person.listens()
        await person.live.control(Say(notice, protected=True))
        await person.until(State.SPEAKING)
        await person.says("stop, I want a person")
        await trio.sleep(8)
        person.session.remote_hangs_up()
    assert [entry["protected"] for entry in world.entries("control.say")] == [True]
    assert [entry["protected"] for entry in world.entries("turn.say")] == [True]
    assert world.said()[1:] == [
        ("assistant", notice),
        ("user", "stop, I want a person"),
        ("assistant", "Of course."),
    ]


async def test_a_call_that_crashes_leaves_the_others(autojump_clock: trio.testing.MockClock) -> None:
    """A bug in one call is that call's end."""
    model = FakeModel(says("Hello."), says("Hello."), [KeyError("a bug")])
    world = CallWorld(model=model)
    async with world.table() as table, trio.open_nursery() as nursery:
        people = []
        for number in (1, 2):
            incoming = FakeIncomingCall(number)
            nursery.start_soon(table.take_incoming, incoming)
            people.append(await Person.on(world, table, incoming))
            await people[-1].listens()
        await people[0].says("hello")
        await people[0].live.over.wait()
        assert table.live() == [people[1].live]
        await people[1].says("hello")
        await people[1].listens()
        people[1].session.remote_hangs_up()
    reasons = {row.sip_call_id: row.end_reason for row in world.store.rows.values()}
    crashed = reasons["call-1@test"]
    assert crashed is not None
    assert (crashed.code, crashed.detail) == (EndCode.INTERNAL_ERROR, "KeyError")
    assert people[0].session.bye_sent_at is not None
    other = reasons["call-2@test"]
    assert other is not None
    assert other.code is EndCode.CUSTOMER_HANGUP


async def test_a_hang_up_while_a_tool_runs(autojump_clock: trio.testing.MockClock) -> None:
    """The booking that has begun is completed, though nobody listens any more."""
    done = []

    async def book(call: ToolCall) -> str:
        await trio.sleep(2.0)
        done.append(call.id)
        return "{}"

    scenario = FakeScenario({"book": book})
    world = CallWorld(model=FakeModel([ToolCall("t1", "book", {}), Done()]), scenario=scenario)
    async with world.call() as person:
        await happens(lambda: bool(scenario.boxes[0].invoked))
        person.session.remote_hangs_up()
    assert done == ["t1"]
    assert ended(world)[0] is EndCode.CUSTOMER_HANGUP


@pytest.mark.parametrize("why", ["engine", "table"])
async def test_no_room(why: str, autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(settings=CallSettings(max_calls=0 if why == "table" else 10))
    world.engine.overloaded = why == "engine"
    incoming = FakeIncomingCall()
    async with world.table() as table:
        await table.take_incoming(incoming)
    assert incoming.rejected is not None
    status, headers = incoming.rejected
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    assert ended(world)[0] is EndCode.OVERLOADED
    (over,) = world.entries("call.ended")
    assert (
        over["detail"]
        == {"table": "RUNTIME_MAX_CALLS calls are live", "engine": "The tick loop is too busy"}[why]
    )


async def test_no_common_codec(autojump_clock: trio.testing.MockClock) -> None:
    opus = LocalAudio("127.0.0.1", 40_000, (AudioFormat(96, "opus", 48_000),))
    incoming = FakeIncomingCall(offer=make_offer(opus, 1, 1))
    world = CallWorld()
    async with world.table() as table:
        await table.take_incoming(incoming)
    assert incoming.rejected == (488, {})
    assert ended(world)[0] is EndCode.UNACCEPTABLE_OFFER


async def test_an_ipv6_offer_is_refused_before_the_answer(autojump_clock: trio.testing.MockClock) -> None:
    incoming = FakeIncomingCall(offer=make_offer(LocalAudio("2001:db8::1", 40_000), 1, 1))
    world = CallWorld()
    async with world.table() as table:
        await table.take_incoming(incoming)
    assert incoming.rejected == (488, {})
    assert incoming.session is None
    assert ended(world)[0] is EndCode.UNACCEPTABLE_OFFER


async def test_an_invite_without_an_offer(autojump_clock: trio.testing.MockClock) -> None:
    """We offer in the 200, and the answer comes with the ACK (RFC 3261 §13.2.1)."""
    world = CallWorld()
    async with world.table() as table, trio.open_nursery() as nursery:
        incoming = FakeIncomingCall(offer=False)
        nursery.start_soon(table.take_incoming, incoming)
        person = await Person.on(world, table, incoming)
        assert person.leg.parameters.remote == ("127.0.0.1", 40_002)
        await person.listens()
        person.session.remote_hangs_up()
    assert ended(world)[0] is EndCode.CUSTOMER_HANGUP


async def test_cancelled_before_the_answer(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.table() as table:
        await table.take_incoming(FakeIncomingCall(cancelled=True))
    assert ended(world) == (EndCode.CALLER_CANCELLED, EndSide.CALLER)


async def test_no_recogniser(autojump_clock: trio.testing.MockClock) -> None:
    """A call that could not hear is refused, not answered."""
    world = CallWorld()
    world.stt.open_errors.append(broken("stt"))
    incoming = FakeIncomingCall()
    async with world.table() as table:
        await table.take_incoming(incoming)
    assert incoming.rejected is not None
    assert incoming.rejected[0] == 503
    assert ended(world)[0] is EndCode.PROVIDER_ERROR


async def test_no_leg(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    world.engine.fail_open = MediaError("no leg")
    incoming = FakeIncomingCall()
    async with world.table() as table:
        await table.take_incoming(incoming)
    assert world.row().end_reason is not None
    assert incoming.session is not None
    assert incoming.session.bye_sent_at is not None


async def test_shutdown(autojump_clock: trio.testing.MockClock) -> None:
    """Calls may end by themselves until the drain is over; then they end with the process."""
    world = CallWorld(settings=CallSettings(drain_s=3.0))
    async with trio.open_nursery() as nursery:
        async with world.table() as table:
            quick, slow = FakeIncomingCall(1), FakeIncomingCall(2)
            nursery.start_soon(table.take_incoming, quick)
            first = await Person.on(world, table, quick)
            nursery.start_soon(table.take_incoming, slow)
            await Person.on(world, table, slow)
            await first.listens()
            nursery.start_soon(_hang_up_later, first)
            began = trio.current_time()
        assert trio.current_time() - began < 6.0
    reasons = {row.sip_call_id: row.end_reason for row in world.store.rows.values()}
    codes = [reason.code for reason in reasons.values() if reason is not None]
    assert codes == [EndCode.CUSTOMER_HANGUP, EndCode.SHUTDOWN]
    assert slow.session is not None
    assert slow.session.bye_sent_at is not None


async def _hang_up_later(person: Person) -> None:
    await trio.sleep(1.0)
    person.session.remote_hangs_up()


async def test_a_trunk_that_wants_srtp_refuses_a_plain_offer(autojump_clock: trio.testing.MockClock) -> None:
    incoming = FakeIncomingCall()
    incoming.trunk = TrunkSettings("pbx", srtp=SrtpPolicy.REQUIRED)
    world = CallWorld()
    async with world.table() as table:
        await table.take_incoming(incoming)
    assert incoming.rejected == (488, {})
    assert incoming.session is None
