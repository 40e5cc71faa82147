"""What an assistant's plan changes in its calls."""

from __future__ import annotations

from array import array
from random import Random

import pytest
import trio

from aywa.call.assistant import fold
from aywa.call.control import LineAction, SteerLine
from aywa.call.speaking_plan import UNKNOWN_WORDS, fixed_phrases, seeded, with_colleague
from aywa.errors import EndCode
from aywa.media.clip import Clip, comfort_noise
from aywa.model.assistant import Assistant, FirstMessageMode
from aywa.model.tool_messages import DelayedMessage, StartMessage, ToolMessages
from aywa.model.voice_plan import (
    ChunkPlan,
    ExactReplacement,
    FormatPlan,
    RegexOption,
    RegexReplacement,
    Voice,
)
from aywa.ports.llm import Done, Token, ToolCall
from aywa.providers.recorded import RecordedPhrases
from aywa.turn.settings import TurnSettings
from aywa.turn.speaking_settings import FILLERS, Formatter, Replacement, SpeakingSettings
from aywa.turn.states import State
from tests.kit.call_world import CallWorld
from tests.kit.fake_leg import FakeLeg
from tests.kit.fake_providers import FakeModel, FakeScenario, FakeSynthesizer, Step, says

RECORDED = "https://example.com/welcome.wav"
GREETING = "Harbour Hotel, good morning. How may I help you?"
NOISE: Clip = comfort_noise(Random(0))


def test_nothing_said_changes_nothing() -> None:
    assert fold(None, TurnSettings()) == fold(Assistant(), TurnSettings()) == TurnSettings()


def test_the_longest_call_and_the_longest_silence() -> None:
    folded = fold(Assistant(max_duration_seconds=60, silence_timeout_seconds=8), TurnSettings())
    assert (folded.max_duration_s, folded.silence_timeout_s, folded.silence_prompt_s) == (60, 8, 4)


@pytest.mark.parametrize(
    ("assistant", "greets", "text", "interruptible"),
    [
        (Assistant(), True, "", True),
        (Assistant(first_message=GREETING), True, GREETING, False),
        (Assistant(first_message=GREETING, first_message_interruptions_enabled=True), True, GREETING, True),
        (Assistant(first_message=GREETING, first_message_mode=FirstMessageMode.USER), False, GREETING, False),
        (Assistant(first_message=GREETING, first_message_mode=FirstMessageMode.MODEL), True, "", False),
        (Assistant(first_message_mode=FirstMessageMode.MODEL), True, "", False),
        (Assistant(first_message=RECORDED), True, UNKNOWN_WORDS, False),
        (Assistant(first_message=RECORDED, first_message_transcript="Ahoy."), True, "Ahoy.", False),
        (Assistant(first_message_mode=FirstMessageMode.ASSISTANT), False, "", False),
    ],
)
def test_who_begins(assistant: Assistant, greets: bool, text: str, interruptible: bool) -> None:
    folded = fold(assistant, TurnSettings())
    assert (folded.greet, folded.speaking.first_message) == (greets, text)
    assert folded.barge.first_message is interruptible
    assert folded.speaking.first_recorded is (assistant.first_message == RECORDED)


async def test_a_recorded_greeting_is_played_whole_and_stands_in_the_transcript(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """In one piece, as it is written: nobody words or cuts what was recorded."""
    words = "Harbour Hotel. Rooms from $50. How may I help?"
    assistant = Assistant(first_message=RECORDED, first_message_transcript=words)
    world = CallWorld(assistant=assistant, model=FakeModel(says("Yes.")))
    pcm = array("h", range(1, 20_001)).tobytes()
    world.tts = RecordedPhrases(FakeSynthesizer(), {words: pcm})  # type: ignore[assignment]
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await person.until(State.LISTENING)
        person.session.remote_hangs_up()
    assert bytes(person.leg.sent) == pcm
    assert world.said() == [("assistant", words)]
    assert [entry["text"] for entry in world.entries("tts.phrase")] == [words]


def test_the_voice_plan() -> None:
    replacements = (
        ExactReplacement(type="exact", key="Aywa", value="I wah"),
        RegexReplacement(
            type="regex",
            regex="a+",
            value="b",
            options=(
                RegexOption(type="ignore-case", enabled=True),
                RegexOption(type="multi-line", enabled=False),
            ),
        ),
    )
    words = FormatPlan(
        number_to_digits_cutoff=99, replacements=replacements, formatters_enabled=("email", "number")
    )
    plan = ChunkPlan(min_characters=10, punctuation_boundaries=(".", "?"), format_plan=words)
    speaking = fold(Assistant(voice=Voice(language="de-AT", chunk_plan=plan)), TurnSettings()).speaking
    assert speaking.language == "de-AT"
    assert speaking.fillers.phrases == FILLERS["de"]
    assert (speaking.chunks.min_chars, speaking.chunks.boundaries) == (10, frozenset(".?"))
    assert speaking.format.digits_cutoff == 99
    assert speaking.format.formatters == frozenset([Formatter.EMAIL, Formatter.NUMBER])
    assert speaking.format.replacements == (
        Replacement("Aywa", "I wah"),
        Replacement("a+", "b", regex=True, ignore_case=True),
    )
    whole = fold(Assistant(voice=Voice(chunk_plan=ChunkPlan(enabled=False))), TurnSettings()).speaking
    assert not whole.chunks.enabled
    assert not whole.format.enabled, "what is not cut is not worded"
    assert fold(Assistant(voice=Voice(language="fi")), TurnSettings()).speaking.fillers.phrases == ()


def test_a_goodbye_of_its_own_is_said_wherever_the_runtime_says_one() -> None:
    folded = fold(Assistant(end_call_message="Adiós.", end_call_phrases=("adiós",)), TurnSettings())
    assert folded.phrases.silence_farewell == folded.phrases.duration_farewell == "Adiós."
    assert "Adiós." in fixed_phrases(folded)
    assert folded.phrases.apology in fixed_phrases(folded)
    colleague = with_colleague(folded).speaking
    assert colleague == SpeakingSettings(), "a colleague is not the caller"


def test_calls_begin_their_variants_somewhere_else() -> None:
    rng = Random(1)
    seeds = {seeded(TurnSettings(), rng).speaking.seed for _ in range(10)}
    assert len(seeds) > 5


async def test_the_plan_acts_in_a_call(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(assistant=Assistant(name="Desk", max_duration_seconds=10))
    began = trio.current_time()
    async with world.call():
        pass
    assert trio.current_time() - began < 20
    reason = world.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.MAX_DURATION
    assert world.entries("assistant.started") == [{"name": "Desk"}]


async def test_the_first_message_is_heard_before_the_model_is_asked(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld(assistant=Assistant(first_message=GREETING), model=FakeModel(says("A room, gladly.")))
    async with world.call() as person:
        await person.listens()
        assert world.model.requests == []
        assert world.tts.spoken == ["Harbour Hotel, good morning.", "How may I help you?"]
        await person.says("a room please")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.model.history(0) == [("assistant", GREETING), ("user", "a room please")]
    assert world.said()[0] == ("assistant", GREETING)


@pytest.mark.parametrize("enabled", [True, False])
async def test_who_may_interrupt_the_first_message(
    autojump_clock: trio.testing.MockClock, enabled: bool
) -> None:
    assistant = Assistant(first_message=GREETING, first_message_interruptions_enabled=enabled)
    world = CallWorld(assistant=assistant, model=FakeModel(says("Good.")))
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await trio.sleep(0.3)
        await person.says("I want to book a room", seconds=1.2)
        await person.listens()
        person.session.remote_hangs_up()
    assert (world.said()[0] == ("assistant", GREETING)) is not enabled


async def test_an_assistant_that_waits_lets_the_caller_begin(
    autojump_clock: trio.testing.MockClock,
) -> None:
    assistant = Assistant(first_message=GREETING, first_message_mode=FirstMessageMode.USER)
    world = CallWorld(assistant=assistant, model=FakeModel(says("Good morning.")))
    async with world.call() as person:
        await trio.sleep(3)
        assert world.tts.spoken == []
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.said() == [("user", "hello"), ("assistant", "Good morning.")]


async def test_a_phrase_of_the_assistant_ends_the_call(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(
        assistant=Assistant(first_message="Hello.", end_call_phrases=("have a nice day",)),
        model=FakeModel(says("All is booked. Have a nice day!")),
    )
    async with world.call() as person:
        await person.listens()
        await person.says("book it")
    reason = world.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.END_PHRASE
    assert world.said()[-1] == ("assistant", "All is booked. Have a nice day!")
    assert person.session.bye_sent_at is not None


async def test_what_is_said_and_what_is_told_are_two_wordings(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """A cut in the middle of a number tells the model's own words, and no more than was heard of them."""
    model = FakeModel(says("Hello."), says("It is **$1,250.50** for 3 nights."), says("Yes?"))
    world = CallWorld(model=model)
    spoken = "It is one thousand two hundred fifty dollars and fifty cents for three nights."
    async with world.call() as person:
        await person.listens()
        await person.says("what does it cost")
        await person.until(State.SPEAKING)
        await trio.sleep(0.05 * spoken.index("cents"))
        await person.says("stop please", seconds=1.2)
        await person.listens()
        person.session.remote_hangs_up()
    assert world.tts.spoken[1] == spoken
    (cut,) = world.entries("turn.truncated")
    assert cut["heard"] in ("It is", "It is **$1,250.50**")
    phrase = world.entries("tts.phrase")[1]
    assert phrase["text"] == "It is **$1,250.50** for 3 nights."
    assert phrase["spoken"] == spoken


async def test_a_slow_tool_is_bridged(autojump_clock: trio.testing.MockClock) -> None:
    async def search(call: ToolCall) -> str:
        await trio.sleep(5.0)
        return "{}"

    model = FakeModel(says("Hello."), [ToolCall("t1", "search", {}), Done()], [Token("Found it."), Done()])
    world = CallWorld(model=model, scenario=FakeScenario({"search": search}))
    async with world.call() as person:
        await person.listens()
        await person.says("search please")
        await person.listens()
        person.session.remote_hangs_up()
    (filler,) = world.entries("turn.filler")
    assert filler["text"] in FILLERS["en"]
    assert world.said()[-1] == ("assistant", f"{filler['text']} Found it.")


async def test_a_tool_says_what_the_plan_has_for_it(autojump_clock: trio.testing.MockClock) -> None:
    async def search(call: ToolCall) -> str:
        await trio.sleep(6.0)
        return "{}"

    messages = (
        StartMessage(type="request-start", content="I am looking."),
        DelayedMessage(type="request-response-delayed", content="Still looking.", timing_milliseconds=4000),
        DelayedMessage(type="request-response-delayed", content="Nearly there.", timing_milliseconds=9000),
    )
    model = FakeModel(says("Hello."), [ToolCall("t1", "search", {}), Done()], [Token("Found it."), Done()])
    assistant = Assistant(tool_messages=(ToolMessages(name="search", messages=messages),))
    world = CallWorld(assistant=assistant, model=model, scenario=FakeScenario({"search": search}))
    async with world.call() as person:
        await person.listens()
        await person.says("search please")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.said()[-1] == ("assistant", "I am looking. Still looking. Found it.")


BOOKED = ToolMessages.model_validate(
    {
        "name": "book",
        "messages": [
            {"type": "request-complete", "content": "It is booked.", "endCallAfterSpokenEnabled": True},
            {"type": "request-failed", "content": "Say when we open.", "role": "system"},
        ],
    }
)


async def booking(result: str, *more: list[Step]) -> CallWorld:
    """A call in which a tool answers so."""

    async def book(call: ToolCall) -> str:
        return result

    model = FakeModel(says("Hello."), [Token("A moment. "), ToolCall("t1", "book", {}), Done()], *more)
    world = CallWorld(
        assistant=Assistant(tool_messages=(BOOKED,)), model=model, scenario=FakeScenario({"book": book})
    )
    async with world.call() as person:
        await person.listens()
        await person.says("book it")
        await trio.sleep(5.0)
        person.session.remote_hangs_up()
    return world


async def test_a_tool_that_has_answered_has_the_last_word(autojump_clock: trio.testing.MockClock) -> None:
    """The plan's words stand for the model's, and the call ends behind them."""
    world = await booking('{"ok": true}')
    assert isinstance(world.model, FakeModel)
    assert len(world.model.requests) == 2
    assert world.said()[-1] == ("assistant", "A moment. It is booked.")
    (row,) = world.entries("call.ended")
    assert row["code"] == "assistant-ended-call"


async def test_what_a_failed_tool_has_for_the_model_is_read_by_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = await booking('{"error": "closed"}', says("We open at nine."))
    assert isinstance(world.model, FakeModel)
    (note,) = [each.text for each in world.model.requests[2].messages if each.text == "Say when we open."]
    assert note
    assert world.said()[-1] == ("assistant", "A moment. We open at nine.")


async def test_the_office_is_heard_whenever_no_music_plays(autojump_clock: trio.testing.MockClock) -> None:
    """Behind the whole conversation, and nowhere in what counts as speech."""
    world = CallWorld(ambience=NOISE)
    async with world.call() as person:
        leg: FakeLeg = person.leg
        await person.listens()
        assert leg.music is NOISE
        played = leg.played
        await trio.sleep(2)
        assert leg.played == played
        await person.live.control(SteerLine(LineAction.HOLD))
        assert leg.music is None, "music instead, if there were any"
        await person.live.control(SteerLine(LineAction.RESUME))
        assert leg.music is NOISE
        person.session.remote_hangs_up()
