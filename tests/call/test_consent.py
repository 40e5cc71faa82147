"""Consent and disclosure in calls: what callers hear, and that nothing is recorded before they agree."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest
import trio
import trio.testing

from aywa.call.control import HandOff
from aywa.call.plan import CallPlan
from aywa.errors import EndCode
from aywa.model.assistant import Assistant
from aywa.model.overrides import overridden
from aywa.ports.capture import CaptureMode
from aywa.settings import CallSettings, MediaSettings, RecordCalls
from aywa.turn.states import State
from tests.kit.call_world import RECORDED, CallWorld, Person
from tests.kit.fake_providers import FakeModel, says

TONE = 5
GREETING = "Grand Hotel, how can I help?"
ASKED = "May we record this call?"


def assistant(**plan: object) -> Assistant:
    """An assistant with a greeting and a compliance plan."""
    return Assistant.model_validate(
        {"firstMessage": GREETING, "firstMessageMode": "assistant-speaks-first", "compliancePlan": plan}
    )


def asking(type_: str = "verbal", **plan: object) -> Assistant:
    return assistant(recordingConsentPlan={"type": type_, "message": ASKED, **plan})


def asked_world(type_: str = "verbal", **plan: object) -> CallWorld:
    return CallWorld(model=FakeModel(says("Yes."), says("Yes.")), assistant=asking(type_, **plan))


def left(world: CallWorld, person: Person) -> array[int]:
    """The caller's samples in the file."""
    samples = array("h")
    samples.frombytes(bytes(world.recordings.sinks[person.live.id].frames))
    return samples[::2]


def proof(world: CallWorld) -> dict[str, object]:
    compliance = world.row().compliance
    assert compliance is not None
    found = compliance["recordingConsent"]
    assert isinstance(found, dict)
    return found


async def hears_the_message(person: Person) -> None:
    person.leg.tone = TONE
    await person.listens()


async def test_nothing_is_recorded_before_a_yes(autojump_clock: trio.testing.MockClock) -> None:
    """The file begins with silence up to the very sample; the greeting follows the answer."""
    world = asked_world()
    async with world.call() as person:
        await hears_the_message(person)
        assert person.live.id not in world.recordings.sinks, "there is not even a file"
        await person.says("Yes, of course.")
        await trio.sleep(1.0)
        await person.until(State.LISTENING)
        await person.says("a room please")
        await person.listens()
        person.session.remote_hangs_up()
    offset = world.entries("recording.started")[0]["sample"]
    assert isinstance(offset, int)
    samples = left(world, person)
    assert set(samples[:offset]) == {0}
    assert set(samples[offset:]) == {TONE}
    assert len(samples) == person.leg.timeline, "positions stay the call's"
    assert proof(world) == {
        "type": "verbal",
        "status": "given",
        "offsetMs": offset // 8,
        "phrase": "Yes, of course.",
        "message": ASKED,
        "grantedAt": proof(world)["grantedAt"],
    }
    assert str(proof(world)["grantedAt"]).endswith("Z")
    assert world.said()[:3] == [("assistant", ASKED), ("assistant", GREETING), ("user", "a room please")]
    assert [data["offset_ms"] for data in world.entries("consent.given")] == [offset // 8]


async def test_the_greeting_follows_the_answer_within_a_moment(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """His yes is ours: the conversation does not wait for words that never come to it."""
    world = asked_world()
    async with world.call() as person:
        await hears_the_message(person)
        await person.says("yes")
        at = trio.current_time()
        await person.until(State.SPEAKING, 5)
        assert trio.current_time() - at < 0.5
        assert "turn.user" not in world.kinds()
        person.session.remote_hangs_up()


async def test_who_says_no_is_not_recorded(autojump_clock: trio.testing.MockClock) -> None:
    world = asked_world(declinePlan={"message": "As you wish."})
    async with world.call() as person:
        await hears_the_message(person)
        await person.says("No, thank you.")
        await person.listens()
        await person.until(State.LISTENING)
        await trio.sleep(6)
        person.session.remote_hangs_up()
    assert world.recordings.sinks == {}
    assert world.row().recording_path is None
    assert [text for _, text in world.said()] == [ASKED, "As you wish.", GREETING]
    assert proof(world)["status"] == "declined"
    assert "grantedAt" not in proof(world)


async def test_no_answer_is_no_consent(autojump_clock: trio.testing.MockClock) -> None:
    world = asked_world(answerSeconds=4)
    async with world.call() as person:
        await hears_the_message(person)
        await trio.sleep(25)
        person.session.remote_hangs_up()
    assert world.recordings.sinks == {}
    assert [data["attempt"] for data in world.entries("consent.asked")] == [1, 2]
    assert proof(world)["status"] == "timed_out"


@pytest.mark.parametrize("transfers", [False, True])
async def test_who_refuses_can_be_let_go_or_handed_over(
    transfers: bool, autojump_clock: trio.testing.MockClock
) -> None:
    plan = (
        {"action": "transfer", "destination": "sip:desk@127.0.0.1"} if transfers else {"action": "end-call"}
    )
    world = asked_world(declinePlan=plan)
    async with world.call() as person:
        await hears_the_message(person)
        await person.says("no")
        if transfers:
            await trio.sleep(3)
            person.session.remote_hangs_up()
    reason = world.row().end_reason
    assert reason is not None
    if transfers:
        assert [data["destination"] for data in world.entries("transfer.requested")] == ["sip:desk@127.0.0.1"]
    else:
        assert reason.code is EndCode.ASSISTANT_HANGUP
    assert world.recordings.sinks == {}


async def test_the_key_agrees(autojump_clock: trio.testing.MockClock) -> None:
    world = asked_world("key", key="5")
    async with world.call() as person:
        await hears_the_message(person)
        person.leg.press("5")
        await trio.sleep(3)
        person.session.remote_hangs_up()
    assert proof(world)["key"] == "5"
    assert set(left(world, person)) == {0, TONE}
    assert "turn.key" not in world.kinds()


async def test_staying_is_consent_and_the_greeting_does_not_wait(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = asked_world("stay-on-line", waitSeconds=2)
    async with world.call() as person:
        person.leg.tone = TONE
        await person.listens()
        await trio.sleep(4)
        person.session.remote_hangs_up()
    offset = world.entries("recording.started")[0]["sample"]
    assert isinstance(offset, int)
    message, greeting = (line for _, line in sorted(world.store.lines.items()))
    assert 2000 <= offset // 8 - message.end_ms <= 2100
    assert greeting.start_ms - message.end_ms < 500
    assert set(left(world, person)[:offset]) == {0}
    assert [text for _, text in world.said()] == [ASKED, GREETING]


async def test_who_hangs_up_during_the_message_was_not_recorded(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = asked_world("stay-on-line")
    async with world.call() as person:
        await person.until(State.SPEAKING)
        person.session.remote_hangs_up()
    assert world.recordings.sinks == {}


async def test_words_are_withheld_until_consent(autojump_clock: trio.testing.MockClock) -> None:
    """Neither timeline nor transcript has what was said, only that something was."""
    world = asked_world(transcriptAfterConsent=True)
    async with world.call() as person:
        await hears_the_message(person)
        await person.says("well my name is Smith, is that necessary")
        await person.listens()
        await person.says("yes")
        await person.listens()
        await person.says("a room please")
        await person.listens()
        person.session.remote_hangs_up()
    kept = repr(world.store.entries) + repr(world.store.lines)
    assert "Smith" not in kept
    assert "necessary" not in kept
    assert "a room please" in kept
    assert [line.seq for line in sorted(world.store.lines.values(), key=lambda line: line.seq)] == [1, 2, 3]


async def test_packets_hold_no_voice_before_consent(autojump_clock: trio.testing.MockClock) -> None:
    world = asked_world()
    world.media = MediaSettings(pcap="full")
    async with world.call() as person:
        await hears_the_message(person)
        assert person.leg.capture_mode is CaptureMode.HEADERS
        await person.says("yes")
        await trio.sleep(1)
        assert person.leg.capture_mode is CaptureMode.FULL
        person.session.remote_hangs_up()


RULES = [
    (RecordCalls.ASKED, None, None, False),
    (RecordCalls.ASKED, True, None, True),
    (RecordCalls.ASKED, None, True, True),
    (RecordCalls.ASKED, True, False, False),
    (RecordCalls.EACH, None, None, True),
    (RecordCalls.EACH, False, None, False),
    (RecordCalls.EACH, False, True, True),
    (RecordCalls.NONE, True, True, False),
]


@pytest.mark.parametrize(("rule", "of_assistant", "of_call", "recorded"), RULES)
async def test_who_decides_whether_a_call_is_recorded(
    rule: RecordCalls,
    of_assistant: bool | None,
    of_call: bool | None,
    recorded: bool,
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The call, else the assistant, else the settings; but where the settings forbid it, nobody."""
    made = Assistant.model_validate({"artifactPlan": {"recordingEnabled": of_assistant}})
    if of_call is not None:
        said = Assistant.model_validate({"artifactPlan": {"recordingEnabled": of_call}})
        made = overridden(made, said)
    world = CallWorld(
        settings=CallSettings(record=rule), assistant=made, model=FakeModel(says("Grand Hotel."))
    )
    async with world.call() as person:
        assert person.leg.parameters.record is recorded
        await person.listens()
        person.session.remote_hangs_up()
    assert bool(world.recordings.sinks) is recorded


async def test_it_is_said_that_a_call_is_recorded(autojump_clock: trio.testing.MockClock) -> None:
    said = "This call is recorded."
    for settings, lines in ((RECORDED, [said, GREETING]), (CallSettings(), [GREETING])):
        world = CallWorld(assistant=assistant(recordingDisclosure=said), settings=settings)
        async with world.call() as person:
            await person.listens()
            await trio.sleep(5)
            person.session.remote_hangs_up()
        assert [text for _, text in world.said()] == lines


# --- that an AI speaks ------------------------------------------------------------------------------------


class Disclosing(CallWorld):
    """As a runtime with its default settings."""

    def dependencies(self):  # type: ignore[no-untyped-def]
        return replace(super().dependencies(), ai_disclosure=True)


async def heard(world: CallWorld) -> list[str]:
    async with world.call() as person:
        await person.listens()
        await trio.sleep(3)
        person.session.remote_hangs_up()
    return [text for _, text in world.said()]


async def test_an_ai_says_that_it_is_one(autojump_clock: trio.testing.MockClock) -> None:
    made = Assistant.model_validate({"firstMessage": "Hello, this is the Grand Hotel. How can I help?"})
    world = Disclosing(assistant=made)
    assert await heard(world) == ["Hello, this is the Grand Hotel. I am an AI assistant. How can I help?"]
    compliance = world.row().compliance
    assert compliance is not None
    told = compliance["aiDisclosure"]
    assert isinstance(told, dict)
    assert told["by"] == "sentence"
    assert world.entries("disclosure.ai") == [{"offset_ms": told["offsetMs"], "by": "sentence"}]


@pytest.mark.parametrize("told", [True, False])
async def test_who_takes_over_says_it_if_nobody_has(
    told: bool, autojump_clock: trio.testing.MockClock
) -> None:
    plan = {"aiDisclosure": {"enabled": told}}
    desk = {"name": "Desk", "firstMessage": "Front desk. How can I help?", "compliancePlan": plan}
    sales = {"name": "Sales", "firstMessage": "This is sales. What do you need?"}
    world = Disclosing(assistant=Assistant.model_validate(desk))
    async with world.call() as person:
        await person.listens()
        await person.live.control(HandOff(CallPlan(Assistant.model_validate(sales))))
        await trio.sleep(10)
        person.session.remote_hangs_up()
    texts = [text for _, text in world.said()]
    assert ["I am an AI assistant." in text for text in texts] == [told, not told], texts


async def test_who_says_it_himself_says_it_once(autojump_clock: trio.testing.MockClock) -> None:
    text = "Hi, I am Ada, your virtual assistant. What can I do?"
    world = Disclosing(assistant=Assistant.model_validate({"firstMessage": text}))
    assert await heard(world) == [text]
    assert world.entries("disclosure.ai")[0]["by"] == "message"


async def test_a_greeting_of_the_model_has_it_in_front(autojump_clock: trio.testing.MockClock) -> None:
    """At once, while the model writes; and the model is told, so that it does not say it again."""
    world = Disclosing(model=FakeModel(says("Grand Hotel, good morning.")))
    assert await heard(world) == ["I am an AI assistant. Grand Hotel, good morning."]
    assert any("do not say it again" in message.text for message in world.model.requests[0].messages)


async def test_who_is_waited_for_hears_it_in_the_first_answer(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = Assistant.model_validate({"firstMessageMode": "assistant-waits-for-user"})
    world = Disclosing(assistant=made, model=FakeModel(says("Grand Hotel."), says("Yes.")))
    async with world.call() as person:
        for words in ("hello", "a room"):
            await person.says(words)
            await person.listens()
        person.session.remote_hangs_up()
    assert [text for role, text in world.said() if role == "assistant"] == [
        "I am an AI assistant. Grand Hotel.",
        "Yes.",
    ]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"enabled": False}, GREETING),
        ({"message": "You talk to a computer."}, f"You talk to a computer. {GREETING}"),
    ],
)
async def test_it_is_worded_or_left_out_by_the_assistant(
    plan: dict[str, object], said: str, autojump_clock: trio.testing.MockClock
) -> None:
    assert await heard(Disclosing(assistant=assistant(aiDisclosure=plan))) == [said]


async def test_it_is_in_the_language_of_the_voice(autojump_clock: trio.testing.MockClock) -> None:
    made = Assistant.model_validate(
        {"firstMessage": "Guten Tag, Hotel Adler. Was kann ich tun?", "voice": {"language": "de-AT"}}
    )
    assert await heard(Disclosing(assistant=made)) == [
        "Guten Tag, Hotel Adler. Ich bin ein KI-Assistent. Was kann ich tun?"
    ]


@pytest.mark.parametrize("protected", [False, True])
async def test_it_can_be_protected(protected: bool, autojump_clock: trio.testing.MockClock) -> None:
    """Words of the caller cut the sentence only where the plan lets them."""
    made = assistant(aiDisclosure={"interruptionsEnabled": not protected})
    made = made.model_copy(update={"first_message_interruptions_enabled": True})
    world = Disclosing(assistant=made, model=FakeModel(says("Yes.")))
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await trio.sleep(0.1)
        await person.says("but I want a room", 0.3)
        await trio.sleep(6)
        person.session.remote_hangs_up()
    assert bool(world.entries("disclosure.ai")) is protected
