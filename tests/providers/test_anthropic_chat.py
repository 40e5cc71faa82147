"""Anthropic's messages: what is asked, what is made of every kind of answer, and whole generations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from aywa.emulators.anthropic import AnthropicEmulator, mistake_in
from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, ScriptedCall
from aywa.emulators.faults import Fault, FaultKind
from aywa.errors import ProviderError, ProviderFault
from aywa.model.chat_models.anthropic import AnthropicModelPlan
from aywa.ports.llm import ChatModel, ChatRequest, Done, Message, Purpose, Role, ToolCall
from aywa.providers.anthropic.chat_model import chat_model, messages_wire
from aywa.providers.anthropic.messages_reader import MessageReader
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.providers.web.sse import SseEvent
from tests.kit.chat import (
    ANSWERS,
    BOOK,
    KEY,
    REQUESTS,
    SCHEMA,
    called,
    calls_of,
    conversation,
    cut,
    emulated,
    generate,
    read,
    text_of,
    user,
)

THEIR_TYPES = TypeAdapter[object](MessageCreateParamsStreaming)
HELLO = conversation(user("hello"))
CALL = ToolCall("toolu_1", "book", {"day": "Monday"})
THINKING = {"type": "enabled", "budgetTokens": 2000}


def plan_of(**plan: object) -> AnthropicModelPlan:
    return AnthropicModelPlan.model_validate({"provider": "anthropic", "model": "claude-haiku", **plan})


def asked(request: ChatRequest, **plan: object) -> dict[str, Any]:
    parsed = plan_of(promptCaching=False, **plan)
    ask = messages_wire(Access("anthropic", parsed.DEFAULT_URL, "k"), parsed).ask(request)
    assert ask.path == "/v1/messages"
    assert ask.headers["x-api-key"] == "k"
    assert ask.headers["anthropic-version"] == "2023-06-01"
    body: dict[str, Any] = json.loads(ask.body)
    return body


def test_a_plain_request() -> None:
    assert asked(HELLO) == {
        "model": "claude-haiku",
        "max_tokens": 250,
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        "stream": True,
    }


def says(role: str, *texts: str) -> dict[str, object]:
    return {"role": role, "content": [{"type": "text", "text": text} for text in texts]}


@pytest.mark.parametrize(
    ("later", "messages"),
    [
        ((), [says("user", "(The call is connected.)")]),
        (
            (Message(Role.ASSISTANT, "Hello "), user("hi")),
            [says("user", "(The call is connected.)"), says("assistant", "Hello"), says("user", "hi")],
        ),
        (
            (user("hi"), Message(Role.ASSISTANT, "Hello.")),
            [says("user", "hi"), says("assistant", "Hello."), says("user", "(The caller says nothing.)")],
        ),
        (
            (user("hi"), Message(Role.SYSTEM, "Nobody answered."), user(" ")),
            [says("user", "hi", "(A note for you, which the caller has not said: Nobody answered.)")],
        ),
        (
            (user("a"), *called(CALL, said="So.", results=['{"error": "full"}']), user("b")),
            [
                says("user", "a"),
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "So."},
                        {"type": "tool_use", "id": "toolu_1", "name": "book", "input": {"day": "Monday"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "toolu_1",
                            "content": '{"error": "full"}',
                            "is_error": True,
                        },
                        {"type": "text", "text": "b"},
                    ],
                },
            ],
        ),
    ],
)
def test_roles_take_turns(later: tuple[Message, ...], messages: list[object]) -> None:
    assert asked(conversation(*later))["messages"] == messages


def test_tools() -> None:
    body = asked(conversation(user("a"), tools=(BOOK,)))
    assert body["tools"] == [{"name": "book", "description": "Books a table.", "input_schema": SCHEMA}]
    body = asked(conversation(user("a"), *called(CALL, results=["{}"])))  # they are gone, their call is not
    assert body["tools"] == [{"name": "book", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"temperature": 1.5}, {"temperature": 1.0, "max_tokens": 250}),
        ({"thinking": THINKING, "temperature": 0.2}, {"max_tokens": 2250, "temperature": None}),
        ({"thinking": THINKING}, {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        (
            {"thinking": {"type": "adaptive"}, "maxTokens": 100},
            {"thinking": {"type": "adaptive"}, "max_tokens": 4196},
        ),
        ({"thinking": {"type": "disabled"}}, {"thinking": None}),
    ],
)
def test_fields_by_plan(plan: dict[str, object], expected: dict[str, object]) -> None:
    body = asked(HELLO, **plan)
    assert {name: body.get(name) for name in expected} == expected


def test_thoughts_go_back_as_they_were() -> None:
    """And where they are missing, because another model called the tool, no more are asked for."""
    thought = {"type": "thinking", "thinking": "A table.", "signature": "c2ln"}
    kept = ToolCall("a", "book", {}, keepsake="anthropic:" + json.dumps([thought]))
    body = asked(conversation(user("x"), *called(kept, results=["{}"])), thinking=THINKING)
    assert body["messages"][1]["content"][0] == thought
    assert "thinking" in body
    other = ToolCall("a", "book", {}, keepsake="google:abc")
    for later in ((), (Message(Role.SYSTEM, "note"),)):
        body = asked(conversation(user("x"), *called(other, results=["{}"]), *later), thinking=THINKING)
        assert "thinking" not in body
    assert "thinking" in asked(conversation(*called(other, results=["{}"]), user("x")), thinking=THINKING)


def test_what_a_request_begins_with_is_kept() -> None:
    plan = plan_of()
    ask = messages_wire(Access("anthropic", plan.DEFAULT_URL, "k"), plan).ask(HELLO)
    body = json.loads(ask.body)
    assert body["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert body["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}


def test_an_answer_by_a_schema_is_what_a_tool_gets() -> None:
    request = ChatRequest(HELLO.messages, purpose=Purpose.EXTRACT, schema=SCHEMA)
    body = asked(request, thinking=THINKING)
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert body["tools"][0]["input_schema"] == SCHEMA
    assert body["max_tokens"] == 4096
    assert "thinking" not in body
    answer = ScriptedAnswer("", (ScriptedCall("answer", {"day": "Monday"}),))
    events = read(
        MessageReader("anthropic", request, answer_tool="answer"), AnthropicEmulator().frames(answer, {}, {})
    )
    assert json.loads(text_of(events)) == {"day": "Monday"}
    assert calls_of(events) == []
    assert "tools" not in asked(
        ChatRequest(HELLO.messages, purpose=Purpose.JUDGE, schema={"type": "boolean"})
    )


@given(REQUESTS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_conversation_is_one_that_the_api_takes(request: ChatRequest, cached: bool) -> None:
    for tools in (request.tools, ()):
        body = json.loads(
            messages_wire(Access("anthropic", "https://x", "k"), plan_of(promptCaching=cached))
            .ask(ChatRequest(request.messages, tools))
            .body
        )
        THEIR_TYPES.validate_python(body)
        assert mistake_in(body) is None


def reader(request: ChatRequest = HELLO) -> MessageReader:
    return MessageReader("anthropic", request)


def stream(*events: dict[str, object], stop: str | None = "end_turn") -> list[bytes]:
    """A message of these events."""
    whole: list[dict[str, object]] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 9}}},
        *events,
    ]
    if stop is not None:
        whole += [{"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 4}}]
        whole += [{"type": "message_stop"}]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in whole]


def began(index: int, **block: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **delta: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


TEXT = (began(0, type="text", text=""), delta(0, type="text_delta", text="Good day."))
USE = began(1, type="tool_use", id="toolu_1", name="book", input={})


def written(text: str, index: int = 1) -> dict[str, object]:
    return delta(index, type="input_json_delta", partial_json=text)


@pytest.mark.parametrize(
    ("events", "text", "calls"),
    [
        (TEXT, "Good day.", []),
        ((began(0, type="text", text="Good "), delta(0, type="text_delta", text="day.")), "Good day.", []),
        ((*TEXT, {"type": "content_block_stop", "index": 0}, {"type": "from_tomorrow"}), "Good day.", []),
        ((began(0, type="thinking"), delta(0, type="thinking_delta", thinking="hm")), "", []),
        ((*TEXT, USE, written(""), written('{"day": '), written('"Monday"}')), "Good day.", [CALL]),
        ((USE,), "", [ToolCall("toolu_1", "book", {})]),
        ((began(1, type="tool_use", id="toolu_1", name="book", input={"day": "Monday"}),), "", [CALL]),
        ((USE, written('{"day": "Mo')), "", [ToolCall("toolu_1", "book", {}, unreadable=True)]),
        (
            (
                USE,
                began(2, type="tool_use", id="t2", name="book"),
                written('{"day":'),
                written("{}", 2),
                written('"Monday"}'),
            ),
            "",
            [CALL, ToolCall("t2", "book", {})],
        ),
        ((USE, written("x" * 300_000)), "", [ToolCall("toolu_1", "book", {}, unreadable=True)]),
    ],
)
def test_answers(events: tuple[dict[str, object], ...], text: str, calls: list[ToolCall]) -> None:
    told = read(reader(), stream(*events))
    assert text_of(told) == text
    assert calls_of(told) == calls
    assert told[-1] == Done(prompt_tokens=9, completion_tokens=4)


def test_thoughts_are_kept_with_the_first_call() -> None:
    thoughts = (
        began(0, type="thinking", thinking=""),
        delta(0, type="thinking_delta", thinking="A table."),
        delta(0, type="signature_delta", signature="c2ln"),
        began(3, type="redacted_thinking", data="xyz"),
    )
    second = began(2, type="tool_use", id="b", name="book")
    first, other = calls_of(read(reader(), stream(*thoughts, USE, second)))
    assert json.loads(first.keepsake.removeprefix("anthropic:")) == [
        {"type": "thinking", "thinking": "A table.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "xyz"},
    ]
    assert other.keepsake == ""


def test_tokens_that_were_kept_are_counted_as_well() -> None:
    start = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 100,
        "output_tokens": 1,
    }
    events = [
        {"type": "message_start", "message": {"usage": start}},
        *TEXT,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    frames = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    assert read(reader(), frames)[-1] == Done(False, 123, 7, 100)


def error(kind: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": "the caller said"}}


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        (stream(*TEXT, stop=None), ProviderFault.CLOSED),
        ([], ProviderFault.CLOSED),
        (
            [*stream(*TEXT, stop=None), b"event: content_block_delta\ndata: {broken\n\n"],
            ProviderFault.PROTOCOL,
        ),
        ([b"data: 7\n\n"], ProviderFault.PROTOCOL),
        (stream({"type": "message_start"}), ProviderFault.PROTOCOL),
        (stream(TEXT[1]), ProviderFault.PROTOCOL),
        (stream(TEXT[0], TEXT[0]), ProviderFault.PROTOCOL),
        (stream(*TEXT)[1:], ProviderFault.PROTOCOL),
        ([*stream(*TEXT)[:-1], *stream(TEXT[1], stop=None)[1:]], ProviderFault.PROTOCOL),
        (stream(*TEXT, {"type": "message_stop"}), ProviderFault.PROTOCOL),
        (stream(*(began(number, type="text") for number in range(300))), ProviderFault.PROTOCOL),
        (stream(*(began(number, type="tool_use", name="x") for number in range(65))), ProviderFault.PROTOCOL),
        (stream(stop="refusal"), ProviderFault.BAD_REQUEST),
        (stream(stop="model_context_window_exceeded"), ProviderFault.BAD_REQUEST),
        (stream(*TEXT, error("overloaded_error")), ProviderFault.UNAVAILABLE),
        (stream(error("rate_limit_error")), ProviderFault.RATE_LIMITED),
        (stream(error("authentication_error")), ProviderFault.UNAUTHORISED),
        (stream(error("invalid_request_error")), ProviderFault.BAD_REQUEST),
        (stream(error("billing_error")), ProviderFault.FUNDS),
        (stream(error("timeout_error")), ProviderFault.TIMEOUT),
    ],
)
def test_what_is_wrong_with_an_answer(frames: list[bytes], fault: ProviderFault) -> None:
    with pytest.raises(ProviderError) as caught:
        read(reader(), frames)
    assert caught.value.fault is fault
    assert "caller" not in caught.value.detail


@given(ANSWERS, st.lists(st.integers(1, 60), max_size=60), st.booleans())
@settings(max_examples=100, deadline=None)
def test_what_was_written_is_read(answer: ScriptedAnswer, sizes: list[int], thinks: bool) -> None:
    usage = {"input_tokens": 5}
    frames = b"".join(AnthropicEmulator().frames(answer, {"id": "x"}, usage, thinks=thinks))
    events = read(reader(), cut(frames, sizes))
    assert text_of(events).strip() == answer.text.strip()
    assert [(call.name, call.arguments) for call in calls_of(events)] == [
        (call.name, call.arguments) for call in answer.calls
    ]
    assert events[-1] == Done(prompt_tokens=5, completion_tokens=answer.tokens)


_WORDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "message_delta", "text_delta"]
)
_VALUES: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.integers(0, 2)
    | st.text(max_size=3)
    | _WORDS
    | st.sampled_from(["tool_use", "text", "message_stop"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "index",
                    "content_block",
                    "delta",
                    "usage",
                    "message",
                    "text",
                    "stop_reason",
                    "input",
                ]
            )
            | st.sampled_from(["partial_json", "error", "id", "name", "input_tokens"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(_WORDS, _VALUES.map(json.dumps) | st.text(max_size=9)), max_size=6))
@settings(max_examples=150, deadline=None)
def test_nothing_but_provider_errors_comes_out(told: list[tuple[str, str]]) -> None:
    it = reader()
    try:
        for kind, data in told:
            it.receive(SseEvent(kind, data))
        it.finish()
    except ProviderError:
        return


def model(door: ProviderDoor, at: str, key: str = KEY, **plan: object) -> ChatModel:
    return chat_model(
        door, Access("anthropic", at, key), plan_of(firstTokenSeconds=0.5, tokenGapSeconds=0.3, **plan)
    )


async def test_whole_generations_on_one_connection() -> None:
    booking = ScriptedAnswer("One moment.", (ScriptedCall("book", {"day": "Monday"}),), thoughts="A table.")
    emulator = AnthropicEmulator(ChatScript(["Good day to you.", booking, "It is booked."]))
    async with emulated(emulator) as (door, host):
        llm = model(door, host.url, thinking=THINKING)
        assert text_of(await generate(llm, HELLO)) == "Good day to you."
        table = conversation(user("a table"), tools=(BOOK,))
        events = await generate(llm, table)
        assert text_of(events) == "One moment."
        (call,) = calls_of(events)
        assert call.arguments == {"day": "Monday"}
        later = conversation(user("a table"), *called(call, results=["{}"]), tools=(BOOK,))
        events = await generate(llm, later)
        assert text_of(events) == "It is booked."
        done = events[-1]
        assert isinstance(done, Done)
        assert 0 < done.cached_prompt_tokens < done.prompt_tokens
        assert host.connections == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.STALL, after=2), ProviderFault.TIMEOUT),  # the message began, and a ping came
        (Fault(FaultKind.STALL, after=5), ProviderFault.TIMEOUT),
        (Fault(FaultKind.RESET, after=5), ProviderFault.CLOSED),
        (Fault(FaultKind.MALFORMED, after=4), ProviderFault.PROTOCOL),
        (Fault(FaultKind.SHUFFLED, after=2), ProviderFault.PROTOCOL),
        (Fault(FaultKind.STATUS, status=529), ProviderFault.UNAVAILABLE),
    ],
)
async def test_faults_are_told_apart(fault: Fault, expected: ProviderFault) -> None:
    async with emulated(AnthropicEmulator(ChatScript(["Good day to you."])), fault) as (door, host):
        with pytest.raises(ProviderError) as caught:
            await generate(model(door, host.url), HELLO)
        assert caught.value.fault is expected


async def test_refusals_of_the_api_itself() -> None:
    async with emulated(AnthropicEmulator(context_tokens=1)) as (door, host):
        for key, expected in (("wrong", ProviderFault.UNAUTHORISED), (KEY, ProviderFault.BAD_REQUEST)):
            with pytest.raises(ProviderError) as caught:
                await generate(model(door, host.url, key), HELLO)
            assert caught.value.fault is expected


async def test_leaving_ends_the_stream_at_once() -> None:
    emulator = AnthropicEmulator(ChatScript(["word " * 400]), token_s=0.005)
    async with emulated(emulator) as (door, host):
        async with model(door, host.url).stream(HELLO) as events:
            await anext(events)
        await emulator.left.wait()
