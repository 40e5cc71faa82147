"""The three shipped conversations, word by word, through the port a real language model uses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.model.script import Intent
from aywa.ports.llm import ChatRequest, Done, Expect, Message, Role, Token, ToolCall
from aywa.providers.scripted import ScriptedModel, answer
from aywa.scenarios.registry import SHIPPED, load_scenario
from tests.kit.dialogue import Conversation

HOTEL, PIZZA, SUPPORT = SHIPPED

# what the caller says, the slots settled, whether the assistant hangs up
TABLE = [
    (HOTEL, "friday / three / goodbye", "Friday 3 H4701", True),
    (HOTEL, "tomorrow / two nights / thank you", "tomorrow 2 H4701", False),
    (HOTEL, "friday for three nights", "Friday 3 H4701", False),
    (HOTEL, "Friday, please. / uh two I think / no", "Friday 2 H4701", True),
    (HOTEL, "friday / three / cancelled", "", False),
    (HOTEL, "friday / three / cancelled / monday / one", "Monday 1 H4702", False),
    (HOTEL, "friday / saturday / three", "Saturday 3 H4701", False),
    (HOTEL, "friday / three / sunday", "Sunday 3 H4702", False),
    (HOTEL, "friday / cancelled / today / ten", "today 10 H4701", False),
    (HOTEL, "hello /  / friday / help / three", "Friday 3 H4701", False),
    (HOTEL, "goodbye", "", True),
    (HOTEL, "mumble /  / cough", "", True),
    (HOTEL, "mumble /  / friday / what / eh / three / x", "Friday 3 H4701", False),
    (PIZZA, "pepperoni / large / two", "pepperoni large 2 P31", False),
    (PIZZA, "large hawaiian pizza / 1 / goodbye", "hawaiian large 1 P31", True),
    (PIZZA, "three small mushroom", "mushroom small 3 P31", False),
    (SUPPORT, "billing / no / no", "billing normal T901", True),
    (SUPPORT, "my password / yes", "password urgent T901", False),
    (SUPPORT, "urgent internet / cancelled", "", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "says", "slots", "ended"), TABLE)
async def test_conversation(name: str, says: str, slots: str, ended: bool) -> None:
    conversation = Conversation(name)
    await conversation.assistant()
    for text in says.split(" / "):
        await conversation.say(text)
    assert " ".join(map(str, conversation.tools.slots().values())) == slots
    assert conversation.ended is ended


@pytest.mark.parametrize("name", SHIPPED)
async def test_greeting_is_long_enough_to_be_interrupted_and_expects_the_first_answer(name: str) -> None:
    conversation = Conversation(name)
    greeting = await conversation.assistant()
    assert len(greeting.split()) >= 12  # four seconds at 165 words a minute
    first_slot = load_scenario(name).script.slots[0]
    assert set(first_slot.values) <= set(conversation.expected)
    assert "goodbye" in conversation.expected


@pytest.mark.parametrize("name", SHIPPED)
async def test_expectations_come_before_the_text(name: str) -> None:
    events = list(answer(load_scenario(name).script, ()))
    assert isinstance(events[0], Expect)
    assert isinstance(events[-1], Done)


async def test_the_reference_is_spoken_and_can_be_taken_back() -> None:
    conversation = Conversation(HOTEL)
    await conversation.assistant()
    await conversation.say("friday")
    assert "H, 4, 7, 0, 1" in await conversation.say("three")
    assert await conversation.say("thank you") == load_scenario(HOTEL).script.anything_else
    await conversation.say("cancelled")
    assert [call.name for call in conversation.calls] == ["book_room", "cancel_booking"]
    assert conversation.calls[-1].arguments == {"reference": "H4701"}


async def test_an_interrupted_answer_changes_nothing() -> None:
    """The assistant's words count for nothing: only what the caller said and the tools answered does."""
    conversation = Conversation(HOTEL)
    await conversation.assistant()
    conversation.cut_last_answer("Welcome to the")
    await conversation.say("tomorrow")
    conversation.cut_last_answer("")
    await conversation.say("two")
    assert conversation.tools.slots()["day"] == "tomorrow"


async def test_a_generation_cut_before_its_tool_answered_is_made_again() -> None:
    script = load_scenario(HOTEL).script
    messages = (Message(Role.USER, "friday three"), Message(Role.USER, "hello"))
    calls = [event for event in answer(script, messages) if isinstance(event, ToolCall)]
    assert [(call.name, dict(call.arguments)) for call in calls] == [
        ("book_room", {"day": "Friday", "nights": 3})
    ]


async def test_a_tool_that_refuses_asks_again() -> None:
    script = load_scenario(HOTEL).script
    call = ToolCall("call-1", "book_room", {"day": "Friday", "nights": 3})
    messages = (
        Message(Role.USER, "friday three"),
        Message(Role.ASSISTANT, "", (call,)),
        Message(Role.TOOL, '{"error": "no room"}', (), "call-1"),
    )
    text = "".join(event.text for event in answer(script, messages) if isinstance(event, Token))
    assert text.startswith(script.refused)
    assert text.endswith(script.slots[0].prompt)


WORDS = st.sampled_from(
    [
        "friday",
        "three",
        "cancelled",
        "goodbye",
        "thank you",
        "no",
        "",
        "large",
        "billing",
        "urgent",
        "for",
        "ünïcode",
    ]
)
TEXTS = st.one_of(st.lists(WORDS, max_size=5).map(" ".join), st.text(max_size=40))
ROLES = st.sampled_from([Role.USER, Role.ASSISTANT, Role.TOOL])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SHIPPED), st.lists(st.tuples(ROLES, TEXTS), max_size=8))
def test_any_conversation_is_answered_and_done_once(name: str, lines: list[tuple[Role, str]]) -> None:
    call = ToolCall("call-1", load_scenario(name).script.tool, {})
    messages = tuple(
        Message(
            role, text, (call,) if role is Role.ASSISTANT else (), "call-1" if role is Role.TOOL else None
        )
        for role, text in lines
    )
    events = list(answer(load_scenario(name).script, messages))
    assert [type(event) for event in events].count(Done) == 1
    assert isinstance(events[-1], Done)
    assert any(isinstance(event, Token | ToolCall) for event in events)


async def test_leaving_the_stream_early_is_clean() -> None:
    async with ScriptedModel(load_scenario(HOTEL).script).stream(ChatRequest(())) as events:
        async for event in events:
            assert isinstance(event, Expect)
            break


def test_every_phrase_of_a_vocabulary_is_understood() -> None:
    for name in SHIPPED:
        script = load_scenario(name).script
        for phrase in script.vocabulary():
            assert not script.understand(phrase, script.slots[-1].name).nothing, phrase


def test_no_answers_only_the_question_that_asks_for_it() -> None:
    script = load_scenario(SUPPORT).script
    assert script.understand("no", "urgency").answers == (("urgency", "normal"),)
    assert script.understand("no", None).intents == (Intent.NO,)


async def test_a_caller_who_wants_a_person_is_handed_over() -> None:
    conversation = Conversation(SUPPORT)
    await conversation.assistant()
    assert "operator" in conversation.expected
    answered = await conversation.say("can I speak to an operator please")
    assert [call.name for call in conversation.calls] == ["transferCall"]
    assert "nobody" in answered  # these tools cannot
    assert "billing" in answered
    await conversation.say("billing")
    await conversation.say("no")
    assert conversation.calls[-1].name == "open_ticket"


async def test_only_the_support_line_knows_colleagues() -> None:
    conversation = Conversation(HOTEL)
    await conversation.assistant()
    await conversation.say("operator")
    assert not conversation.calls
