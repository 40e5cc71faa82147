"""Answers made ahead, in whole calls: what the caller gains, and that nobody notices the others."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
import trio
import trio.testing

from aywa.ports.llm import ChatEvent, ChatRequest, Done, Expect, Token, ToolCall
from aywa.ports.stt import Final, Partial
from aywa.ports.tts import SpeechChunk
from aywa.settings import CallSettings
from aywa.turn.events import Hushed, LineHeld
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.call_world import NOT_AHEAD, CallWorld, Person, happens
from tests.kit.fake_providers import FakeModel, FakeScenario, FakeSynthesizer, Step, broken, says

FRAME_MS = 20
TONE = (b"\x40\x1f" * 800, 0.1)  # 100 ms of a constant level


class Timed:
    """A model and a synthesizer whose first piece comes after exactly so long; counts what is open."""

    def __init__(self, llm_s: float = 0.2, tts_s: float = 0.1) -> None:
        self.llm_s, self.tts_s = llm_s, tts_s
        self.open = self.most = self.asked = 0
        self.closed: list[float] = []
        self.requests: list[ChatRequest] = []
        self.model = _TimedModel(self)
        self.voice = _TimedVoice(self)


class _TimedModel(FakeModel):
    def __init__(self, timed: Timed) -> None:
        super().__init__()
        self._timed = timed

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        timed = self._timed
        timed.requests.append(request)
        timed.open += 1
        timed.most = max(timed.most, timed.open)
        try:
            async with aclosing(self._answer()) as events:
                yield events
        finally:
            timed.open -= 1
            timed.closed.append(trio.current_time())

    async def _answer(self) -> AsyncGenerator[ChatEvent, None]:
        await trio.sleep(self._timed.llm_s)
        yield Token("Certainly. ")
        yield Token("A room for you.")
        yield Done(prompt_tokens=100, completion_tokens=7)


class _TimedVoice(FakeSynthesizer):
    def __init__(self, timed: Timed) -> None:
        super().__init__()
        self._timed = timed

    async def _run(self, text: str) -> AsyncIterator[SpeechChunk]:
        await trio.sleep(self._timed.tts_s)
        yield SpeechChunk(TONE[0])


async def asks(person: Person, words: str, seconds: float = 0.8) -> int:
    """Say this, with a partial before the end; the timeline's sample at which it stopped."""
    world = person.world
    world.stt.words.append(words)
    person.leg.speech_started()
    await trio.sleep(seconds)
    world.stt.sessions[0].hear(Partial(words, 0.9))
    await trio.sleep(0.01)
    person.leg.speech_stopped()
    return person.leg.timeline


async def asked_once(world: CallWorld) -> None:
    """A call in which the caller asks for a room and is answered."""
    async with world.call() as person:
        await person.listens()
        await asks(person, "a room for Friday")
        await person.listens()
        person.session.remote_hangs_up()


@pytest.mark.parametrize("wait_s", [0.2, 0.3, 0.45, 0.8])
@pytest.mark.parametrize("ahead", [True, False])
async def test_the_delay_is_the_longer_of_wait_and_services(
    ahead: bool, wait_s: float, autojump_clock: trio.testing.MockClock
) -> None:
    """Of a model of 200 ms and a voice of 100 ms; without speculation it is their sum and the wait."""
    timed = Timed()
    world = CallWorld(
        model=timed.model,
        tts=timed.voice,
        settings=CallSettings(endpointing_wait_s=wait_s, endpointing_mode="fixed", speculation=ahead),
    )
    async with world.call() as person:
        await person.listens()
        frames = len(person.leg.audible)
        stopped = await asks(person, "a room for Friday")
        await person.listens()
        heard = person.leg.audible[frames][0]
        person.session.remote_hangs_up()
    services_s = timed.llm_s + timed.tts_s
    expected_s = max(wait_s, services_s) if ahead else wait_s + services_s
    delay_ms = (heard - stopped) / 8
    assert abs(delay_ms - expected_s * 1000) <= 2 * FRAME_MS
    (latency,) = world.entries("turn.latency")
    assert latency["speculated"] is ahead
    parts = [int(str(latency[part])) for part in PARTS]
    assert min(parts[:-1]) >= 0
    assert sum(parts) == latency["total_ms"]
    left_ms = max(0.0, expected_s - wait_s) * 1000
    assert abs(int(str(latency["llm_ms"])) + int(str(latency["tts_ms"])) - left_ms) <= FRAME_MS
    assert len(timed.requests) == 2, "the greeting's and one"


PARTS = ("vad_ms", "stt_ms", "endpointing_ms", "llm_ms", "tts_ms", "playout_ms")


async def test_a_pause_in_the_sentence(autojump_clock: trio.testing.MockClock) -> None:
    """Answered once, with all the words (pipecat #4912); what was dropped is counted (livekit #4219)."""
    timed = Timed()
    world = CallWorld(model=timed.model, tts=timed.voice)
    async with world.call() as person:
        await person.listens()
        await asks(person, "I would like a room")
        await trio.sleep(0.35)  # the answer is there, and its first phrase
        await asks(person, "for Friday please")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.said()[1:] == [
        ("user", "I would like a room for Friday please"),
        ("assistant", "Certainly. A room for you."),
    ]
    (dropped,) = world.entries("speculation.dropped")
    assert dropped["why"] == "OTHER_WORDS"
    assert (dropped["prompt_tokens"], dropped["completion_tokens"]) == (100, 7)
    assert (dropped["characters"], dropped["estimated"]) == (len("Certainly."), False)
    assert [entry["id"] for entry in world.entries("speculation.adopted")] == [2]
    assert len(world.entries("turn.started")) == 2
    assert timed.most == 1, "never two at a time"
    roles = [message.role.value for message in timed.requests[-1].messages]
    assert roles == ["system", "assistant", "user"], "the model never reads of it"
    costs = world.row().costs
    assert costs is not None
    units = ("llm_prompt_tokens", "llm_completion_tokens", "tts_characters", "speculation")
    assert {name: costs[name] for name in units} == {
        "llm_prompt_tokens": 300,  # greeting, dropped, adopted
        "llm_completion_tokens": 21,
        "tts_characters": 2 * len("Certainly.A room for you.") + len("Certainly."),
        "speculation": {
            "adopted": 1,
            "dropped": 1,
            "prompt_tokens": 100,
            "completion_tokens": 7,
            "characters": len("Certainly."),
        },
    }


async def test_a_dropped_one_stops_at_once(autojump_clock: trio.testing.MockClock) -> None:
    timed = Timed(llm_s=30.0)
    world = CallWorld(model=timed.model, tts=timed.voice, turn=TurnSettings(greet=False))
    async with world.call() as person:
        await person.until(State.LISTENING)
        await asks(person, "I would like a room")
        await trio.sleep(0.1)
        assert timed.open == 1
        world.stt.sessions[0].hear(Final("I would like a broom"))
        before = trio.current_time()
        await happens(lambda: timed.closed[-1:] >= [before])
        assert timed.closed[-1] - before < 0.001
        person.session.remote_hangs_up()


async def test_its_hints_and_tools_wait_for_the_turn(autojump_clock: trio.testing.MockClock) -> None:
    """A booking is made when the turn is taken, and once; what the model expects is heard of then."""

    async def book(call: ToolCall) -> str:
        return "{}"

    booking: list[Step] = [
        Expect(("Friday",)),
        Token("One moment. "),
        ToolCall("t1", "book", {}),
        Done(),
    ]
    model = FakeModel(says("Hello."), booking, booking, says("It is booked."))
    scenario = FakeScenario({"book": book})
    world = CallWorld(model=model, scenario=scenario)
    async with world.call() as person:
        await person.listens()
        await asks(person, "book me a room")
        await trio.sleep(0.3)
        await asks(person, "for two nights")
        await happens(lambda: len(world.entries("speculation.started")) == 2)
        await trio.sleep(0.2)
        assert scenario.boxes[0].invoked == []
        assert world.stt.sessions[0].expected == []
        await person.listens()
        person.session.remote_hangs_up()
    assert len(scenario.boxes[0].invoked) == 1
    assert world.stt.sessions[0].expected == [("Friday",)]
    assert world.said()[-1] == ("assistant", "One moment. It is booked.")
    assert world.tts.spoken.count("One moment.") == 2, "made ahead twice, spoken once"
    roles = [message.role.value for message in model.requests[-1].messages]
    assert roles == ["system", "assistant", "user", "assistant", "tool"]


@pytest.mark.parametrize("answer", [[broken("llm")], [Token("I will "), broken("llm")]])
async def test_a_model_that_fails_ahead(answer: list[Step], autojump_clock: trio.testing.MockClock) -> None:
    """There is none then: no apology, no failure counted, and the turn is answered as ever."""
    model = FakeModel(says("Hello."), answer, says("With pleasure."))
    world = CallWorld(model=model)
    await asked_once(world)
    assert world.said()[-1] == ("assistant", "With pleasure.")
    assert world.entries("llm.failed") == []
    assert world.entries("turn.model_failed") == []
    (dropped,) = world.entries("speculation.dropped")
    assert (dropped["why"], dropped["estimated"]) == ("FAILED", True)
    assert int(str(dropped["prompt_tokens"])) > 0


async def test_a_model_that_fails_after_the_turn_has_its_answer(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """It is the turn's own failure then, and somebody says so."""
    model = FakeModel(says("Hello."), [0.1, Token("I will look. "), 2.0, broken("llm")])
    world = CallWorld(model=model)
    await asked_once(world)
    assert len(world.entries("llm.failed")) == 1
    assert world.said()[-1][1].startswith("I will look. I am sorry")


async def test_a_voice_that_fails_ahead(autojump_clock: trio.testing.MockClock) -> None:
    """The phrase is spoken anew when it is wanted."""
    world = CallWorld(model=FakeModel(says("Hello."), says("With pleasure.")))
    world.tts.errors.extend([None, broken("tts")])
    await asked_once(world)
    assert world.said()[-1] == ("assistant", "With pleasure.")
    assert world.entries("tts.failed") == []
    assert world.tts.spoken == ["Hello.", "With pleasure.", "With pleasure."]


async def test_every_sample_made_ahead_is_played_once(autojump_clock: trio.testing.MockClock) -> None:
    """First phrase made ahead, the others afterwards: on the wire they are the answer without a hole."""
    text = "Of course. We have a room with a view of the lake. And one without."
    world = CallWorld(model=FakeModel(says("Hello."), says(text)))
    async with world.call() as person:
        await person.listens()
        before = len(person.leg.sent)
        await asks(person, "a room for Friday")
        await person.listens()
        sent = len(person.leg.sent) - before
        person.session.remote_hangs_up()
    spoken = world.tts.spoken[1:]
    assert " ".join(spoken) == text
    assert sent // 2 == sum(len(phrase) for phrase in spoken) * 400
    assert len(world.entries("speculation.adopted")) == 1


async def test_a_budget_bounds_what_is_wasted(autojump_clock: trio.testing.MockClock) -> None:
    """A caller with many pauses: after so many tokens there is no more of it."""
    timed = Timed()
    settings = CallSettings(speculation_tokens=450)
    world = CallWorld(model=timed.model, tts=timed.voice, settings=settings)
    async with world.call() as person:
        await person.listens()
        for _ in range(4):
            await asks(person, "I need a room")
            await trio.sleep(0.35)
            await asks(person, "for Friday please")
            await person.listens()
        person.session.remote_hangs_up()
    dropped = world.entries("speculation.dropped")
    wasted = sum(int(str(e["prompt_tokens"])) + int(str(e["completion_tokens"])) for e in dropped)
    assert wasted == dropped[-1]["spent_tokens"] == 107 * len(dropped)
    assert 0 < wasted <= 450
    assert world.entries("speculation.refused")
    assert len(world.entries("turn.latency")) == 4
    spent = len(timed.requests)
    assert spent == 5 + len(dropped), "a greeting, four answers, and what was wasted"


async def test_off_is_off(autojump_clock: trio.testing.MockClock) -> None:
    timed = Timed()
    world = CallWorld(model=timed.model, tts=timed.voice, settings=NOT_AHEAD)
    await asked_once(world)
    assert not [kind for kind in world.kinds() if kind.startswith("speculation")]


async def test_the_caller_hangs_up_meanwhile(autojump_clock: trio.testing.MockClock) -> None:
    timed = Timed(llm_s=30.0)
    world = CallWorld(model=timed.model, tts=timed.voice, turn=TurnSettings(greet=False))
    async with world.call() as person:
        await person.until(State.LISTENING)
        await asks(person, "a room for Friday")
        await happens(lambda: timed.open == 1)
        person.session.remote_hangs_up()
    assert timed.open == 0
    assert [entry["why"] for entry in world.entries("speculation.dropped")] == ["CALL_ENDED"]
    assert world.said()[-1] == ("user", "a room for Friday")


@pytest.mark.parametrize("event", [Hushed(True), LineHeld(True)])
async def test_nothing_is_heard_after_hush_and_hold(
    event: Hushed | LineHeld, autojump_clock: trio.testing.MockClock
) -> None:
    timed = Timed()
    world = CallWorld(model=timed.model, tts=timed.voice)
    async with world.call() as person:
        await person.listens()
        before = len(person.leg.sent)
        await asks(person, "a room for Friday")
        await trio.sleep(0.35)
        person.live.conversation.receive(event)
        await trio.sleep(0.05)
        assert timed.open == 0
        assert len(person.leg.sent) == before
        assert [entry["why"] for entry in world.entries("speculation.dropped")] != []
        person.session.remote_hangs_up()


async def test_what_has_changed_meanwhile_makes_it_stale(autojump_clock: trio.testing.MockClock) -> None:
    """A tool of an answer that was cut comes back: what is answered next must know of it."""
    done = trio.Event()

    async def book(call: ToolCall) -> str:
        await trio.sleep(1.5)
        done.set()
        return '{"room": 12}'

    model = FakeModel(
        says("Hello."),
        [Token("I book it. "), ToolCall("t1", "book", {}), Done()],
        says("It was booked."),
    )
    world = CallWorld(
        model=model,
        scenario=FakeScenario({"book": book}),
        settings=CallSettings(endpointing_wait_s=1.0, endpointing_mode="fixed"),
    )
    async with world.call() as person:
        await person.listens()
        await person.says("book it")
        await happens(lambda: "tool.started" in world.kinds())
        await asks(person, "and breakfast please", 0.3)
        await person.listens()
        person.session.remote_hangs_up()
    assert done.is_set()
    assert ("tool", '{"room": 12}') in model.history(-1)
    assert world.entries("speculation.adopted")[1:] == []
    assert len(model.requests) == 3


async def test_a_long_answer_waits_to_be_read(autojump_clock: trio.testing.MockClock) -> None:
    """No more than the bound is read ahead; the rest follows when it is wanted."""
    sentence = "This is a sentence of the answer. "
    tokens: list[Step] = [Token(sentence) for _ in range(100)]
    model = FakeModel(says("Hello."), [*tokens, Done()])
    world = CallWorld(model=model, settings=CallSettings(endpointing_wait_s=3.0, endpointing_mode="fixed"))
    async with world.call() as person:
        await person.listens()
        await asks(person, "tell me everything")
        await trio.sleep(2.5)
        person.live.conversation.receive(LineHeld(True))
        person.session.remote_hangs_up()
    (dropped,) = world.entries("speculation.dropped")
    assert 200 <= int(str(dropped["completion_tokens"])) < 220


async def test_an_interruption_cancels_what_was_adopted(autojump_clock: trio.testing.MockClock) -> None:
    """From the adoption on it is an answer as any other: words cut it, and nothing of it comes afterwards."""
    text = "Our rooms have a view of the lake and of the old town. " * 3
    model = FakeModel(says("Hello."), says(text), says("Yes?"))
    world = CallWorld(model=model)
    async with world.call() as person:
        await person.listens()
        await asks(person, "tell me about the rooms")
        await person.until(State.SPEAKING)
        await trio.sleep(1.0)
        before = len(person.leg.sent)
        await asks(person, "stop please now", 0.5)
        assert len(person.leg.sent) == before
        await person.listens()
        sent = len(person.leg.sent) - before
        person.session.remote_hangs_up()
    assert sent // 2 == len("Yes?") * 400, "the next answer, and not a sample of the one before"
    assert [entry["id"] for entry in world.entries("speculation.adopted")] == [1, 2]
