"""The model's view of a long conversation: bounded, in whole turns, with nothing torn apart."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aywa.call.context import LEFT_OUT, Context
from aywa.model.script import Script
from aywa.ports.llm import Message, Role, ToolCall
from aywa.providers.scripted import answer
from aywa.scenarios.registry import load_scenario

MOST = 400


def texts(context: Context) -> list[str]:
    return [message.text for message in context.messages()]


def talk(context: Context, turn: int, length: int = 20) -> None:
    context.user_said(f"u{turn}".ljust(length, "."))
    context.assistant_heard(f"a{turn}".ljust(length, "."))


def test_nothing_is_left_out_of_a_conversation_that_fits() -> None:
    context = Context("prompt", most_characters=MOST)
    for turn in range(MOST // 40):
        talk(context, turn)
    assert len(texts(context)) == 1 + 2 * (MOST // 40)
    assert LEFT_OUT not in texts(context)


def test_what_is_said_in_many_calls_is_in_memory_once() -> None:
    contexts = [Context("prompt"), Context("prompt")]
    for context in contexts:
        context.user_said("".join(["to", "morrow"]))
        context.assistant_heard(" ".join(["How", "many", "nights?"]))
    mine, theirs = (context.messages()[1:] for context in contexts)
    assert all(one.text is other.text for one, other in zip(mine, theirs, strict=True))


def test_the_oldest_turns_go_a_quarter_at_a_time_and_the_model_is_told() -> None:
    context = Context("prompt", most_characters=MOST)
    beginnings = []
    for turn in range(100):
        talk(context, turn)
        beginnings.append(texts(context)[1:3])
    prompt, note, first, *_, last = context.messages()
    assert (prompt.text, note) == ("prompt", Message(Role.SYSTEM, LEFT_OUT))
    assert first.role is Role.USER
    assert last.text.startswith("a99")
    changes = sum(before != after for before, after in pairwise(beginnings[20:]))
    assert 0 < changes <= 79 // 2, "most requests begin as the one before"


def test_a_tool_that_has_not_answered_stays_with_all_that_follows() -> None:
    context = Context("prompt", most_characters=MOST)
    talk(context, 0)
    call = ToolCall("call-1", "book", {"day": "friday"})
    context.user_said("book it")
    context.tools_called((call,), "One moment.")
    for turn in range(1, 60):
        talk(context, turn)
    assert "book it" in texts(context)
    context.tool_answered(call, "done")
    assert "done" in texts(context)
    talk(context, 60)
    assert "book it" not in texts(context)


@given(
    st.lists(
        st.tuples(st.sampled_from(["user", "heard", "tool", "late", "note"]), st.integers(1, 120)),
        max_size=80,
    )
)
def test_it_is_bounded_and_every_result_stands_behind_its_call(steps: list[tuple[str, int]]) -> None:
    context = Context("prompt", most_characters=MOST)
    open_calls: list[ToolCall] = []
    for number, (what, length) in enumerate(steps):
        text = str(number).ljust(length, ".")
        match what:
            case "user":
                context.user_said(text)
            case "heard":
                context.assistant_heard(text)
            case "note":
                context.note(text)
            case "tool":
                call = ToolCall(f"call-{number}", "book", {"n": text})
                context.tools_called((call,), text)
                open_calls.append(call)
            case "late" if open_calls:
                context.tool_answered(open_calls.pop(0), text)
    for call in open_calls:
        context.tool_answered(call, "late")
    messages = context.messages()
    assert messages[0].text == "prompt"
    for index, message in enumerate(messages):
        if message.role is Role.TOOL:
            assert messages[index - 1].tool_calls[0].id == message.tool_call_id
    context.user_said("x")
    context.assistant_heard("y")
    context.user_said("z")
    # The newest turn goes in after the look, and what one turn says is never cut.
    size = sum(len(message.text) for message in context.messages()[1:])
    newest = [index for index, message in enumerate(context.messages()) if message.role is Role.USER][-3:]
    longest = sum(len(message.text) for message in context.messages()[newest[0] :])
    assert size <= MOST + len(LEFT_OUT) + longest


def test_the_scripted_model_counts_its_tools_on_when_the_beginning_is_missing() -> None:
    script: Script = load_scenario("support_triage").script
    values = {"day": "friday", "nights": 3}
    messages = (
        Message(Role.SYSTEM, "prompt"),
        Message(Role.ASSISTANT, "", (ToolCall("call-7", script.tool, values),)),
        Message(Role.TOOL, "{}", tool_call_id="call-7"),
        Message(Role.USER, "a person"),
    )
    calls = [event for event in answer(script, messages) if isinstance(event, ToolCall)]
    assert [call.id for call in calls] == ["call-8"]
