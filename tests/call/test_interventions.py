"""An operator puts something into the conversation: messages, keys, SIP requests, another assistant."""

from __future__ import annotations

from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from aywa.call.control import (
    AddMessage,
    Command,
    Custom,
    HandOff,
    Kept,
    LineAction,
    PressKeys,
    SayFirstMessage,
    SendSip,
    SteerLine,
)
from aywa.call.plan import CallPlan, prompt_of
from aywa.errors import LocalProtocolError, MediaError, RequestError
from aywa.model.assistant import Assistant, FirstMessageMode
from aywa.model.assistant_body import AssistantBody
from aywa.ports.llm import Role
from aywa.turn.states import State
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_leg import FakeLeg
from tests.kit.fake_providers import FakeModel, says

SALES, OFFICE = cast("Any", "sales"), cast("Any", "office")


def world(*answers: str, assistant: Assistant | None = None) -> CallWorld:
    model = FakeModel(says("Hello there."), *(says(answer) for answer in answers))
    return CallWorld(model=model, assistant=assistant)


async def refused(person: Person, command: Command) -> str:
    with pytest.raises(RequestError) as refusal:
        await person.live.control(command)
    assert refusal.value.http_status == 409
    return refusal.value.code


async def test_a_message_is_known_to_the_model_which_goes_on_from_there(autojump_clock: MockClock) -> None:
    async with world("The room is free.", "It has a view.").call() as person:
        await person.listens()
        await person.live.control(AddMessage(Role.SYSTEM, "Room 12 is free now."))
        await person.listens()
        await person.live.control(AddMessage(Role.USER, "What is the view like?"))
        await person.listens()
        person.session.remote_hangs_up()
    model = person.world.model
    assert [m.text for m in model.requests[1].messages if m.role is Role.SYSTEM][-1] == "Room 12 is free now."
    assert model.history()[-1] == ("user", "What is the view like?")
    said = [text for role, text in person.world.said() if role == "assistant"]
    assert said == ["Hello there.", "The room is free.", "It has a view."]
    assert [entry["respond"] for entry in person.world.entries("control.message")] == [True, True]


async def test_a_message_without_an_answer_waits_for_the_next_turn(autojump_clock: MockClock) -> None:
    async with world("It costs ninety euros.").call() as person:
        await person.listens()
        await person.live.control(AddMessage(Role.ASSISTANT, "Breakfast is included.", respond=False))
        await trio.sleep(3)
        assert len(person.world.model.requests) == 1
        await person.says("what does it cost")
        await person.listens()
        person.session.remote_hangs_up()
    assert person.world.model.history()[-2:] == [
        ("assistant", "Breakfast is included."),
        ("user", "what does it cost"),
    ]


async def test_what_was_asked_for_waits_until_the_assistant_has_finished(autojump_clock: MockClock) -> None:
    async with world("And more.").call() as person:
        await person.until(State.SPEAKING)
        await person.live.control(AddMessage(Role.SYSTEM, "Go on."))
        await happens(lambda: len(person.world.said()) == 2)
        person.session.remote_hangs_up()
    assert [text for _, text in person.world.said()] == ["Hello there.", "And more."]


async def test_the_first_message_is_said_when_an_operator_says_so(autojump_clock: MockClock) -> None:
    plan = Assistant(first_message="Harbour Hotel.", first_message_mode=FirstMessageMode.USER)
    async with world(assistant=plan).call() as person:
        await trio.sleep(2)
        assert person.world.said() == []
        await person.live.control(SayFirstMessage())
        await person.listens()
        person.session.remote_hangs_up()
    assert person.world.said() == [("assistant", "Harbour Hotel.")]
    assert person.world.model.requests == []


async def test_without_a_first_message_the_model_greets(autojump_clock: MockClock) -> None:
    async with world("Welcome again.").call() as person:
        await person.listens()
        await person.live.control(SayFirstMessage())
        await person.listens()
        person.session.remote_hangs_up()
    assert [text for _, text in person.world.said()] == ["Hello there.", "Welcome again."]


async def test_keys_are_pressed_one_after_the_other(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        began = trio.current_time()
        await person.live.control(PressKeys("1w#"))
        assert await refused(person, PressKeys("2")) == "keys-under-way"
        await happens(lambda: len(person.leg.pressed) == 2)
        assert trio.current_time() - began >= 0.8
        await trio.sleep(0.5)
        await person.live.control(PressKeys("5"))
        await trio.sleep(0.5)
        person.session.remote_hangs_up()
    assert person.leg.pressed == "1#5"
    assert [entry["keys"] for entry in person.world.entries("control.keys")] == ["1w#", "5"]


async def test_keys_that_the_engine_does_not_take_cost_no_call(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: FakeLeg, digit: str, duration_ms: int = 160) -> None:
        raise MediaError("too many key presses wait to be sent")

    monkeypatch.setattr(FakeLeg, "send_digit", full)
    async with world().call() as person:
        await person.listens()
        await person.live.control(PressKeys("1"))
        await happens(lambda: "control.keys_failed" in person.world.kinds())
        assert person.live.ending.reason is None
        person.session.remote_hangs_up()


async def test_a_sip_request_goes_out_in_the_call_and_its_answer_is_noted(autojump_clock: MockClock) -> None:
    message = SendSip("INFO", (("X-Ticket", "7"),), "application/json", b"{}")
    async with world().call() as person:
        await person.listens()
        await person.live.control(message)
        assert person.session.messages == [("INFO", (("X-Ticket", "7"),), "application/json", b"{}")]
        assert person.session.on_message_answered is not None
        person.session.on_message_answered("INFO", 200)
        person.session.offer_error = LocalProtocolError("a message needs a confirmed session")
        assert await refused(person, message) == "transport-message-refused"
        person.session.remote_hangs_up()
    assert person.world.entries("control.sip_answered") == [{"method": "INFO", "status": 200}]
    (sent,) = person.world.entries("control.sip_message")
    assert sent == {"method": "INFO", "headers": ["X-Ticket"], "content_type": "application/json", "bytes": 2}


def sales(**fields: Any) -> Assistant:
    """Another assistant, as the API keeps it."""
    model = {
        "provider": "openai",
        "model": "gpt-4o-mini",
        "messages": ({"role": "system", "content": "You sell."},),
    }
    return AssistantBody(name="Sales", model=model, **fields)  # type: ignore[arg-type]


async def test_another_assistant_goes_on_with_what_was_said(autojump_clock: MockClock) -> None:
    desk = Assistant(name="Desk", first_message="Front desk.")
    async with world("One moment.", "We have two.", assistant=desk).call() as person:
        await person.listens()
        await person.says("I want to buy")
        await person.listens()
        plan = CallPlan(
            sales(
                first_message="This is sales.", end_call_message="Bye from sales.", max_duration_seconds=99
            ),
            ambience=SALES,
            assistant_id="a-1",
        )
        await person.live.control(HandOff(plan, content="I connect you."))
        await happens(lambda: ("assistant", "This is sales.") in person.world.said())
        assert person.leg.music is SALES
        await person.says("which rooms are there")
        await person.listens()
        assert person.live.conversation.manager.settings.max_duration_s == 99
        person.session.remote_hangs_up()
    assert [text for role, text in person.world.said() if role == "assistant"] == [
        "Front desk.",
        "Hello there.",
        "I connect you.",
        "This is sales.",
        "One moment.",
    ]
    last = person.world.model.requests[-1].messages
    assert last[0].text == "You sell."
    assert ("user", "I want to buy") in [(m.role.value, m.text) for m in last]
    assert person.world.entries("assistant.started")[-1] == {"name": "Sales", "assistant_id": "a-1"}
    assert person.world.entries("assistant.handed_off") == [{"from": "Desk", "to": "Sales", "kept": "all"}]


@pytest.mark.parametrize(
    ("kept", "last", "known"),
    [
        (Kept.ALL, 0, ["user", "assistant", "system", "user"]),
        (Kept.SPOKEN, 0, ["user", "assistant", "user"]),
        (Kept.LAST, 1, ["system", "user"]),
        (Kept.LAST, 0, ["user"]),
        (Kept.NONE, 0, ["user"]),
    ],
)
async def test_the_next_assistant_knows_what_it_shall(
    kept: Kept, last: int, known: list[str], autojump_clock: MockClock
) -> None:
    waits = sales(first_message_mode=FirstMessageMode.USER)
    usual = Assistant(name="Desk", first_message_mode=FirstMessageMode.USER)
    async with world("Yes.", assistant=usual).call() as person:
        await person.says("hello")
        await person.listens()
        await person.live.control(AddMessage(Role.SYSTEM, "A note.", respond=False))
        await person.live.control(HandOff(CallPlan(waits), kept=kept, last=last))
        await person.says("go on")
        await person.listens()
        person.session.remote_hangs_up()
    messages = person.world.model.requests[-1].messages[1:]
    assert [message.role.value for message in messages] == known


async def test_who_follows_may_let_the_model_begin_and_sounds_change_when_they_are_heard(
    autojump_clock: MockClock,
) -> None:
    async with world("Sales here.").call() as person:
        await person.listens()
        await person.live.control(SteerLine(LineAction.HOLD))
        plan = CallPlan(replace_mode(sales(), FirstMessageMode.MODEL), ambience=OFFICE)
        await person.live.control(HandOff(plan))
        assert person.leg.music is not OFFICE
        await person.live.control(SteerLine(LineAction.RESUME))
        assert person.leg.music is OFFICE
        await person.listens()
        person.session.remote_hangs_up()
    assert person.world.said()[-1] == ("assistant", "Sales here.")


def replace_mode(assistant: Assistant, mode: FirstMessageMode) -> Assistant:
    return assistant.model_copy(update={"first_message_mode": mode})


def test_a_prompt_is_the_system_messages_or_an_older_word_or_the_scenarios() -> None:
    older = {"provider": "openai", "model": "m", "systemPrompt": "Be brief."}
    assert prompt_of(None, "usual") == "usual"
    assert prompt_of(Assistant(), "usual") == "usual"
    assert prompt_of(sales(), "usual") == "You sell."
    assert prompt_of(AssistantBody(model=older), "usual") == "Be brief."  # type: ignore[arg-type]
    assert prompt_of(AssistantBody(model={"provider": "scripted"}), "usual") == "usual"  # type: ignore[arg-type]


async def test_an_operators_own_word_stands_in_the_timeline(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        await person.live.control(Custom("supervisor.flag", {"level": 3}))
        person.session.remote_hangs_up()
    assert person.world.entries("control.custom") == [{"name": "supervisor.flag", "data": {"level": 3}}]


COMMANDS: list[Command] = [
    AddMessage(Role.USER, "x"),
    SayFirstMessage(),
    PressKeys("1"),
    SendSip("INFO"),
    Custom("x"),
    HandOff(CallPlan(Assistant())),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
async def test_nothing_is_taken_once_the_call_is_over(command: Command, autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        person.session.remote_hangs_up()
        await person.live.over.wait()
        assert await refused(person, command) == "call-not-live"
