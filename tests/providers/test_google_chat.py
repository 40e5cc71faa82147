"""Gemini: what is asked, what is made of every kind of answer, and whole generations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, ScriptedCall
from aywa.emulators.faults import Fault, FaultKind
from aywa.emulators.google import GoogleEmulator, frame, mistake_in
from aywa.errors import ProviderError, ProviderFault
from aywa.model.chat_models.google import GoogleModelPlan
from aywa.ports.llm import ChatModel, ChatRequest, Done, Message, Purpose, Role, ToolCall
from aywa.providers.google.chat_model import chat_model, generate_wire
from aywa.providers.google.generate_reader import GenerateReader
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

HELLO = conversation(user("hello"))
KEPT = ToolCall("fc1", "book", {"day": "Monday"}, keepsake='google:{"id": "fc1", "signature": "c2ln"}')
OTHER = ToolCall("call_1", "book", {})


def plan_of(**plan: object) -> GoogleModelPlan:
    return GoogleModelPlan.model_validate({"provider": "google", "model": "gemini-2.5-flash", **plan})


def asked(request: ChatRequest, **plan: object) -> dict[str, Any]:
    parsed = plan_of(**plan)
    ask = generate_wire(Access("google", parsed.DEFAULT_URL, "k"), parsed).ask(request)
    assert ask.path == f"/v1beta/models/{parsed.model}:streamGenerateContent?alt=sse"
    assert ask.headers["x-goog-api-key"] == "k"
    body: dict[str, Any] = json.loads(ask.body)
    return body


def test_a_plain_request() -> None:
    assert asked(HELLO, thinkingBudget=0, temperature=0.3) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
        "generationConfig": {
            "maxOutputTokens": 250,
            "temperature": 0.3,
            "thinkingConfig": {"thinkingBudget": 0},
        },
    }


def part(call: ToolCall, **more: object) -> dict[str, object]:
    return {"functionCall": {"name": call.name, "args": dict(call.arguments)}, **more}


@pytest.mark.parametrize(
    ("model", "calls", "parts"),
    [
        (
            "gemini-3-flash",
            (KEPT, OTHER),
            [
                {
                    "functionCall": {"id": "fc1", "name": "book", "args": KEPT.arguments},
                    "thoughtSignature": "c2ln",
                },
                part(OTHER),
            ],
        ),
        ("gemini-3-flash", (OTHER,), [part(OTHER, thoughtSignature="skip_thought_signature_validator")]),
        ("gemini-2.5-flash", (OTHER,), [part(OTHER)]),
    ],
)
def test_calls_go_back_signed(model: str, calls: tuple[ToolCall, ...], parts: list[object]) -> None:
    request = conversation(user("a"), *called(*calls, said="So.", results=['{"ok": 1}', "full"]), user("b"))
    contents = asked(request, model=model)["contents"]
    assert contents[1] == {"role": "model", "parts": [{"text": "So."}, *parts]}
    answers = [each["functionResponse"]["response"] for each in contents[2]["parts"][:-1]]
    assert answers == [{"ok": 1}, {"output": "full"}][: len(calls)]
    assert contents[2]["parts"][-1] == {"text": "b"}


def test_tools_and_answers_by_a_schema() -> None:
    body = asked(conversation(user("a"), tools=(BOOK,)))
    declared = {"name": "book", "description": "Books a table.", "parametersJsonSchema": SCHEMA}
    assert body["tools"] == [{"functionDeclarations": [declared]}]
    request = ChatRequest(HELLO.messages, purpose=Purpose.EXTRACT, schema=SCHEMA)
    config = asked(request)["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == SCHEMA
    assert config["maxOutputTokens"] == 4096 + 4096
    assert asked(HELLO, thinkingLevel="low")["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "low"}


@given(REQUESTS, st.sampled_from(["gemini-2.5-flash", "gemini-3-flash"]))
@settings(max_examples=60, deadline=None)
def test_every_conversation_is_one_that_the_api_takes(request: ChatRequest, model: str) -> None:
    assert mistake_in(asked(request, model=model), model) is None


def reader(request: ChatRequest = HELLO) -> GenerateReader:
    return GenerateReader("google", request)


def chunk(*parts: dict[str, object], reason: str | None = None, **more: object) -> bytes:
    candidate = {"content": {"parts": list(parts)}, **({} if reason is None else {"finishReason": reason})}
    return frame({"candidates": [candidate], **more})


HI = chunk({"text": "hi"})
END = chunk(
    reason="STOP", usageMetadata={"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 3}
)


def call_part(args: object, **more: object) -> dict[str, object]:
    return {"functionCall": {"name": "book", "args": args, **more}}


@pytest.mark.parametrize(
    ("frames", "text", "calls"),
    [
        ([chunk({"text": "Good "}), chunk({"text": "day."}), END], "Good day.", []),
        ([chunk({"text": "hm", "thought": True}, {"text": "Yes."}), END], "Yes.", []),
        ([HI.replace(b"hi", rb"half \ud83d"), END], "half \ufffd", []),
        ([chunk({"text": "a"}, reason="STOP"), chunk({"text": "b"}), END], "ab", []),
        ([chunk({"executableCode": {}}, {"text": "a"}), END], "a", []),
        ([chunk(call_part({"day": "Monday"}, id="fc1") | {"thoughtSignature": "c2ln"}), END], "", [KEPT]),
        ([chunk(call_part(None)), END], "", [OTHER]),
        ([chunk(call_part([])), END], "", [ToolCall("call_1", "book", {}, unreadable=True)]),
        ([chunk(call_part({}), call_part({})), END], "", [OTHER, ToolCall("call_2", "book", {})]),
    ],
)
def test_answers(frames: list[bytes], text: str, calls: list[ToolCall]) -> None:
    told = read(reader(), frames)
    assert text_of(told) == text
    assert calls_of(told) == calls
    assert told[-1] == Done(prompt_tokens=9, completion_tokens=7)


def test_tokens_are_counted_or_guessed() -> None:
    usage = {"promptTokenCount": 90, "candidatesTokenCount": 4, "cachedContentTokenCount": 64}
    assert read(reader(), [chunk(reason="STOP", usageMetadata=usage)])[-1] == Done(False, 90, 4, 64)
    assert read(reader(), [chunk({"text": "Good day"}, reason="MAX_TOKENS")])[-1] == Done(
        False, 4, 2, estimated=True
    )


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([HI], ProviderFault.CLOSED),
        ([], ProviderFault.CLOSED),
        ([END, HI], ProviderFault.CLOSED),
        ([HI, b"data: {broken\n\n"], ProviderFault.PROTOCOL),
        ([b"data: []\n\n"], ProviderFault.PROTOCOL),
        ([frame({"candidates": 1})], ProviderFault.PROTOCOL),
        ([frame({"candidates": [{"content": {"parts": [1]}}]})], ProviderFault.PROTOCOL),
        ([chunk(*[call_part({})] * 65), END], ProviderFault.PROTOCOL),
        ([chunk(reason="MALFORMED_FUNCTION_CALL")], ProviderFault.PROTOCOL),
        ([chunk(reason="SAFETY")], ProviderFault.BAD_REQUEST),
        ([frame({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})], ProviderFault.BAD_REQUEST),
        ([HI, frame({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}})], ProviderFault.RATE_LIMITED),
        ([HI, frame({"error": {"code": 503, "status": "UNAVAILABLE"}})], ProviderFault.UNAVAILABLE),
        ([HI, frame({"error": {"code": 504, "status": "DEADLINE_EXCEEDED"}})], ProviderFault.TIMEOUT),
        ([HI, frame({"error": {"code": 400, "status": "INVALID_ARGUMENT"}})], ProviderFault.BAD_REQUEST),
    ],
)
def test_what_is_wrong_with_an_answer(frames: list[bytes], fault: ProviderFault) -> None:
    with pytest.raises(ProviderError) as caught:
        read(reader(), frames)
    assert caught.value.fault is fault


def test_what_was_said_before_a_filter_stands() -> None:
    assert text_of(read(reader(), [HI, chunk(reason="SAFETY")])) == "hi"


@given(ANSWERS, st.lists(st.integers(1, 60), max_size=60))
@settings(max_examples=100, deadline=None)
def test_what_was_written_is_read(answer: ScriptedAnswer, sizes: list[int]) -> None:
    frames = b"".join(map(frame, GoogleEmulator().chunks(answer, 5, {})))
    events = read(reader(), cut(frames, sizes))
    assert text_of(events).strip() == answer.text.strip()
    assert [(call.name, call.arguments) for call in calls_of(events)] == [
        (call.name, call.arguments) for call in answer.calls
    ]
    assert events[-1] == Done(False, 5, answer.tokens + (4 if answer.thoughts else 0))


_JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["candidates", "content", "parts", "text", "functionCall", "args", "finishReason", "error"]
            )
            | st.sampled_from(
                ["usageMetadata", "promptFeedback", "blockReason", "promptTokenCount", "name", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(_JSON.map(json.dumps) | st.text(max_size=9), max_size=6))
@settings(max_examples=150, deadline=None)
def test_nothing_but_provider_errors_comes_out(told: list[str]) -> None:
    it = reader()
    try:
        for data in told:
            it.receive(SseEvent("message", data))
        it.finish()
    except ProviderError:
        return


def model(door: ProviderDoor, at: str, key: str = KEY, name: str = "gemini-3-flash") -> ChatModel:
    plan = plan_of(model=name, firstTokenSeconds=0.5, tokenGapSeconds=0.3)
    return chat_model(door, Access("google", at, key), plan)


async def test_whole_generations_on_one_connection() -> None:
    booking = ScriptedAnswer(
        "One moment.", (ScriptedCall("book", {"day": "Monday"}),) * 2, thoughts="A table."
    )
    emulator = GoogleEmulator(ChatScript(["Good day to you.", booking, "It is booked."]))
    async with emulated(emulator) as (door, host):
        llm = model(door, host.url)
        assert text_of(await generate(llm, HELLO)) == "Good day to you."
        events = await generate(llm, conversation(user("a table"), tools=(BOOK,)))
        assert text_of(events) == "One moment."
        calls = calls_of(events)
        assert [call.arguments for call in calls] == [{"day": "Monday"}] * 2
        later = conversation(user("a table"), *called(*calls, results=["{}", "{}"]), tools=(BOOK,))
        assert text_of(await generate(llm, later)) == "It is booked."
        assert host.connections == 1


async def test_a_conversation_of_another_model_goes_on() -> None:
    async with emulated(GoogleEmulator(ChatScript(["Yes."]))) as (door, host):
        foreign = conversation(Message(Role.ASSISTANT, "Hello."), user("x"), *called(OTHER, results=[]))
        assert text_of(await generate(model(door, host.url), foreign)) == "Yes."


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.SILENT), ProviderFault.TIMEOUT),
        (Fault(FaultKind.STALL, after=2), ProviderFault.TIMEOUT),
        (Fault(FaultKind.RESET, after=2), ProviderFault.CLOSED),
        (Fault(FaultKind.MALFORMED, after=1), ProviderFault.PROTOCOL),
        (Fault(FaultKind.SHUFFLED, after=3), ProviderFault.CLOSED),  # the reason came before the last words
        (Fault(FaultKind.STATUS, status=503), ProviderFault.UNAVAILABLE),
    ],
)
async def test_faults_are_told_apart(fault: Fault, expected: ProviderFault) -> None:
    async with emulated(GoogleEmulator(ChatScript(["Good day to you."])), fault) as (door, host):
        with pytest.raises(ProviderError) as caught:
            await generate(model(door, host.url), HELLO)
        assert caught.value.fault is expected


async def test_refusals_of_the_api_itself() -> None:
    async with emulated(GoogleEmulator(context_tokens=1)) as (door, host):
        for key, expected in (("wrong", ProviderFault.UNAUTHORISED), (KEY, ProviderFault.BAD_REQUEST)):
            with pytest.raises(ProviderError) as caught:
                await generate(model(door, host.url, key), HELLO)
            assert caught.value.fault is expected


async def test_leaving_ends_the_stream_at_once() -> None:
    emulator = GoogleEmulator(ChatScript(["word " * 400]), token_s=0.005)
    async with emulated(emulator) as (door, host):
        async with model(door, host.url).stream(HELLO) as events:
            await anext(events)
        await emulator.left.wait()
