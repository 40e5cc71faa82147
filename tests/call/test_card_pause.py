"""Card data in a call: they get to the tool that is to have them, and nowhere else."""

from __future__ import annotations

import json
from array import array

import pytest
import trio
import trio.testing

from aywa.call.control import LineAction, SteerLine
from aywa.call.private_tools import CARD_TOOL
from aywa.model.assistant import Assistant
from aywa.model.server import MESSAGES
from aywa.ports.capture import CaptureMode
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.stt import Final, Partial
from aywa.settings import MediaSettings
from aywa.turn.card_digits import checks
from tests.kit.call_world import NOT_AHEAD, CallWorld, Person, happens
from tests.kit.fake_providers import FakeModel, FakeScenario, FakeTools, says
from tests.kit.news import news_plan

VISA, AMEX, LONGEST = "4111111111111111", "378282246310005", "6304000000000000018"
TONE = 5
QUESTION = "Please enter your card number, and press pound."
PAY = {
    "type": "object",
    "properties": {
        "amount": {"type": "number"},
        "pan": {"type": "string", "format": "card-number"},
        "comment": {"type": "string"},
    },
    "required": ["amount", "pan"],
}


class Till(FakeTools):
    """A tool that takes a card, and is careless with it: it keeps it in its slots and returns it."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return (ToolSpec("pay", "Charge a card.", PAY),)


class Shop(FakeScenario):
    def open_tools(self) -> Till:
        async def pay(call: ToolCall) -> str:
            self.boxes[-1].settled["paid_with"] = call.arguments["pan"]
            return json.dumps({"paid": True, "echo": call.arguments["pan"]})

        box = Till({"pay": pay})
        self.boxes.append(box)
        return box


def pays(reference: str = "card-1", comment: str = "") -> list[object]:
    arguments = {"amount": 3, "pan": reference, "comment": comment or f"by {reference}"}
    return [0.1, ToolCall("1", "pay", arguments)]


def shop(*answers: object, **card: object) -> CallWorld:
    """A world that keeps everything it can: all packets, all messages for a server."""
    world = CallWorld(
        model=FakeModel(*answers),  # type: ignore[arg-type]
        scenario=Shop(),
        settings=NOT_AHEAD,
        media=MediaSettings(pcap="full"),
        assistant=Assistant.model_validate({"compliancePlan": {"cardPlan": card}}),
    )
    world.news = news_plan(*MESSAGES)
    return world


def everything(world: CallWorld, person: Person) -> str:
    """All that is kept of the calls, as one text; digits that stand apart are put together too."""
    store = world.store
    assert world.news is None or {job.type for job in store.jobs.values()} >= {"transcript"}
    parts = [store.rows, store.entries, store.lines, store.jobs, world.seen, world.captures.__dict__]
    text = repr(parts)
    return text + "".join(letter for letter in text if letter.isdigit())


async def keys(person: Person, digits: str) -> None:
    for digit in digits:
        person.leg.press(digit)
        await trio.sleep(0.2)


async def test_keys_get_to_the_tool_and_nowhere_else(autojump_clock: trio.testing.MockClock) -> None:
    """By the question itself: pause, digits, reference, tool; and everything goes on."""
    world = shop(says(QUESTION), pays(), says("It is paid."), says("Goodbye."))
    shown: list[bool] = []
    async with world.call() as person:
        person.leg.tone = TONE
        person.live.discretion.card.watchers.append(shown.append)
        await happens(lambda: person.live.discretion.private)
        assert person.leg.capture_mode is CaptureMode.HEADERS
        await person.listens()
        await keys(person, f"{VISA}#")
        await happens(lambda: not person.live.discretion.private)
        await person.listens()
        assert person.leg.capture_mode is CaptureMode.FULL
        await person.says("thank you")
        await person.listens()
        person.session.remote_hangs_up()
    assert shown == [True, False], "who listens in is told"
    (invoked,) = world.scenario.boxes[0].invoked
    assert invoked.arguments == {"amount": 3, "pan": VISA, "comment": "by card-1"}
    kept = everything(world, person)
    assert VISA not in kept
    assert "tool-calls" in {job.type for job in world.store.jobs.values()}
    assert world.row().slots == {"paid_with": "[card-1]"}
    assert VISA not in repr(world.model.requests)
    assert ("user", "[card-1]") in world.said()
    assert ("user", "thank you") in world.said()
    assert world.entries("card.collected") == [{"reference": "card-1", "digits": 16, "checks": True}]
    assert "media.digit" not in world.kinds()
    assert "turn.key" not in world.kinds()
    start, end = (world.entries(f"recording.{kind}")[0]["sample"] for kind in ("paused", "resumed"))
    assert isinstance(start, int)
    assert isinstance(end, int)
    samples = array("h")
    samples.frombytes(bytes(world.recordings.sinks[person.live.id].frames))
    assert set(samples[2 * start : 2 * end]) == {0}
    assert set(samples[2 * end :]) == {TONE}


async def test_spoken_digits_are_heard_aside(autojump_clock: trio.testing.MockClock) -> None:
    """A session of its own: nothing of it is noted, and what it says late is heard by nobody."""
    world = shop(says(QUESTION), pays(), says("It is paid."), spokenDigitsEnabled=True)
    async with world.call() as person:
        await happens(lambda: person.live.discretion.private)
        await person.listens()
        aside = world.stt.sessions[-1]
        assert len(world.stt.sessions) == 2
        aside.hear(Partial("four one one one", None))
        await person.says("four one one one, 1111 1111")
        await person.says("1111, thank you")
        await happens(lambda: not person.live.discretion.private)
        aside.hear(Final(f"{VISA} again", None, None, 0))
        await person.listens()
        person.session.remote_hangs_up()
    assert world.scenario.boxes[0].invoked[0].arguments["pan"] == VISA
    kept = everything(world, person)
    assert VISA not in kept
    assert "four one" not in kept
    assert len(world.stt.sessions) == 3


async def test_without_a_tool_for_them_they_go_nowhere(autojump_clock: trio.testing.MockClock) -> None:
    """An operator pauses for a human or another system: nobody hears, and nothing is said in the meantime."""
    world = CallWorld(model=FakeModel(says("Hello."), says("Yes.")), settings=NOT_AHEAD)
    async with world.call() as person:
        await person.listens()
        await person.live.control(SteerLine(LineAction.PAUSE_CARD))
        sessions = len(world.stt.sessions)
        await keys(person, VISA)
        await person.says("it is three seven eight two", 2.0)
        await trio.sleep(20)
        assert person.live.discretion.private
        assert world.model.history() == []
        await person.live.control(SteerLine(LineAction.RESUME_CARD))
        await trio.sleep(0.2)
        assert len(world.stt.sessions) == sessions + 1
        world.stt.words.clear()
        await person.says("and now a room please")
        await person.listens()
        await person.live.control(SteerLine(LineAction.PAUSE_CARD))
        person.session.remote_hangs_up()
    kept = everything(world, person)
    assert VISA not in kept
    assert "three seven" not in kept
    assert ("user", "and now a room please") in world.said()
    assert [data["why"] for data in world.entries("recording.paused")] == ["card data", "card data"]


async def test_the_model_pauses_by_its_tool(autojump_clock: trio.testing.MockClock) -> None:
    begins = [0.1, ToolCall("1", CARD_TOOL, {"on": True})]
    ends = [0.1, ToolCall("2", CARD_TOOL, {"on": False})]
    world = shop(
        begins, says("Key it in."), pays(), ends, says("It is paid."), toolEnabled=True, automatic="off"
    )
    async with world.call() as person:
        await person.listens()
        assert person.live.discretion.private
        await keys(person, f"{AMEX}#")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.scenario.boxes[0].invoked[0].arguments["pan"] == AMEX
    assert AMEX not in everything(world, person)


@pytest.mark.parametrize(("automatic", "pauses"), [("named", True), ("marked", False), ("off", False)])
async def test_parameters_that_are_only_called_so(
    automatic: str, pauses: bool, autojump_clock: trio.testing.MockClock
) -> None:
    """Nothing is given to them: a pause is all they get, and only where the plan says so."""
    world = shop(says(QUESTION), says("Yes."), automatic=automatic)
    properties = {"card_number": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["card_number"]}
    spec = ToolSpec("pay", "Charge a card.", schema)
    Till.specs, before = (lambda self: (spec,)), Till.specs  # type: ignore[method-assign]
    try:
        async with world.call() as person:
            await person.listens()
            assert person.live.discretion.private is pauses
            await keys(person, VISA)
            await trio.sleep(3)
            person.session.remote_hangs_up()
    finally:
        Till.specs = before  # type: ignore[method-assign]
    assert (VISA in everything(world, person)) is not pauses


async def test_nobody_pauses_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    """What began by itself ends by itself; half a number is given as what it is."""
    world = shop(says(QUESTION), says("That was not all of it."), maxPauseSeconds=20)
    async with world.call() as person:
        await person.listens()
        await keys(person, "4111")
        await happens(lambda: "card.collected" in world.kinds(), 10)
        assert world.entries("card.collected")[0]["checks"] is False
        await person.listens()
        person.session.remote_hangs_up()
    world = shop(says(QUESTION), says("Are you there?"), maxPauseSeconds=20)
    async with world.call() as person:
        await person.listens()
        await happens(lambda: not person.live.discretion.private, 25)
        person.session.remote_hangs_up()
    assert world.entries("card.resumed") == [{"by": "time"}]


@pytest.mark.parametrize("number", [VISA, AMEX, LONGEST, "4222222222222"])
async def test_a_card_number_is_nowhere(number: str, autojump_clock: trio.testing.MockClock) -> None:
    """Of 13 to 19 digits, keyed in both ways, and returned by the tool in groups."""
    assert checks(number)
    world = shop(says(QUESTION), pays(), says("It is paid."))
    async with world.call() as person:
        await person.listens()
        for digit in f"{number}#":
            person.leg.press(digit)
            if person.session.on_key is not None:
                person.session.on_key(digit, 160)
            await trio.sleep(0.3)
        await person.listens()
        person.session.remote_hangs_up()
    assert world.scenario.boxes[0].invoked[0].arguments["pan"] == number
    assert number not in everything(world, person)
    assert number not in repr(world.model.requests)
    assert person.live.discretion.card.vault.scrub_text(number) == number, "forgotten with the call"
