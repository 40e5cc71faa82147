"""Chat completions on the wire: what is asked, by plan and server, and what is made of every answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

from aywa.emulators.chat_script import ScriptedAnswer, ScriptedCall
from aywa.emulators.openai import CompletionStyle, OpenAiEmulator, mistake_in
from aywa.errors import ProviderError, ProviderFault
from aywa.model.chat_models import CHAT_MODELS, base_url
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Purpose, Token, ToolCall
from aywa.providers.openai.chat_model import completion_wire
from aywa.providers.openai.chat_reader import CompletionReader
from aywa.providers.web.access import Access
from aywa.providers.web.sse import SseEvent
from tests.kit.chat import (
    ANSWERS,
    BOOK,
    REQUESTS,
    SCHEMA,
    called,
    calls_of,
    conversation,
    cut,
    read,
    text_of,
    user,
)

THEIR_TYPES = TypeAdapter[object](CompletionCreateParamsStreaming)
HELLO = conversation(user("hello"))


def asked(
    request: ChatRequest, facts: dict[str, object] | None = None, **plan: object
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Path, headers and body."""
    parsed = CHAT_MODELS.validate_python({"provider": "openai", "model": "gpt-4.1-mini", **plan})
    access = Access(parsed.provider, base_url(parsed), "k")
    ask = completion_wire(access, parsed, facts or {}).ask(request)  # type: ignore[arg-type]
    return ask.path, dict(ask.headers), json.loads(ask.body)


def test_a_plain_request() -> None:
    path, headers, body = asked(HELLO)
    assert path == "/chat/completions"
    assert headers["Authorization"] == "Bearer k"
    assert body == {
        "model": "gpt-4.1-mini",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_completion_tokens": 250,
    }


def test_tools_and_their_results() -> None:
    call = ToolCall("c1", "book", {"day": "Montag, für 2"})
    request = conversation(user("a table"), *called(call, said="One moment.", results=["{}"]), tools=(BOOK,))
    body = asked(request)[2]
    function = {"name": "book", "description": "Books a table.", "parameters": SCHEMA}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "content": "One moment.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "book", "arguments": '{"day": "Montag, für 2"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "{}"},
    ]


@pytest.mark.parametrize(
    ("plan", "expected", "absent"),
    [
        ({"model": "gpt-5-mini"}, {}, ["temperature", "max_completion_tokens"]),
        ({"model": "gpt-5-mini", "maxTokens": 900}, {"max_completion_tokens": 900}, ["temperature"]),
        (
            {"model": "gpt-5.1", "reasoningEffort": "none"},
            {"reasoning_effort": "none", "max_completion_tokens": 250},
            ["temperature"],
        ),
        ({"model": "gpt-5-chat-latest"}, {"temperature": 0.5, "max_completion_tokens": 250}, []),
        ({"temperature": 0}, {"temperature": 0}, ["reasoning_effort"]),
        (
            {"promptCacheKey": "hotel", "promptCacheRetention": "24h"},
            {"prompt_cache_key": "hotel", "prompt_cache_retention": "24h"},
            [],
        ),
        ({"provider": "together-ai"}, {"max_tokens": 250}, ["max_completion_tokens"]),
        ({"provider": "mistral"}, {"max_tokens": 250}, ["stream_options"]),
        ({"provider": "custom-llm", "url": "http://x/y", "usageInStream": False}, {}, ["stream_options"]),
    ],
)
def test_fields_by_plan_and_server(
    plan: dict[str, object], expected: dict[str, object], absent: list[str]
) -> None:
    body = asked(HELLO, **plan)[2]
    assert {name: body.get(name) for name in expected} == expected
    assert not set(absent) & set(body)


@pytest.mark.parametrize(
    ("plan", "url"),
    [
        ({}, "https://api.openai.com/v1/chat/completions"),
        ({"provider": "groq"}, "https://api.groq.com/openai/v1/chat/completions"),
        ({"provider": "perplexity-ai"}, "https://api.perplexity.ai/chat/completions"),
        ({"provider": "deepinfra"}, "https://api.deepinfra.com/v1/openai/chat/completions"),
        ({"provider": "ollama"}, "http://127.0.0.1:11434/v1/chat/completions"),
        ({"provider": "vllm", "url": "http://gpu:8000"}, "http://gpu:8000/v1/chat/completions"),
        ({"provider": "custom-llm", "url": "http://own/"}, "http://own/chat/completions"),
        (
            {"provider": "azure-openai", "endpoint": "https://n.openai.azure.com"},
            "https://n.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            {
                "provider": "azure-openai",
                "endpoint": "https://n.openai.azure.com/",
                "deployment": "my gpt".replace(" ", "/"),
                "apiVersion": "2024-10-21",
            },
            "https://n.openai.azure.com/openai/deployments/my%2Fgpt/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_where_it_goes(plan: dict[str, object], url: str) -> None:
    parsed = CHAT_MODELS.validate_python({"provider": "openai", "model": "m", **plan})
    path, headers, _ = asked(HELLO, model="m", **plan)
    assert base_url(parsed) + path == url
    assert headers.get("api-key" if parsed.provider == "azure-openai" else "Authorization", "").endswith("k")


def test_a_credentials_url_goes_before_the_vendors() -> None:
    plan = CHAT_MODELS.validate_python({"provider": "openai", "model": "m"})
    access = Access("openai", base_url(plan, "http://proxy:9000/"), "k")
    assert completion_wire(access, plan, {}).ask(HELLO).path == "/v1/chat/completions"  # type: ignore[arg-type]


def test_an_unknown_provider_is_told_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"'openai'.*'anthropic'.*'groq'.*'custom-llm'"):
        CHAT_MODELS.validate_python({"provider": "nobody", "model": "m"})


def test_fallbacks_are_plans_as_well() -> None:
    models = [{"provider": "anthropic", "model": "claude"}, {"provider": "groq", "model": "llama"}]
    plan = CHAT_MODELS.validate_python(
        {"provider": "openai", "model": "m", "fallbackPlan": {"models": models}}
    )
    assert plan.fallback_plan is not None
    assert [each.provider for each in plan.fallback_plan.models] == ["anthropic", "groq"]
    with pytest.raises(ValueError, match="provider"):
        CHAT_MODELS.validate_python({"provider": "openai", "model": "m", "fallbackPlan": {"models": [{}]}})


@pytest.mark.parametrize(
    ("provider", "shape"),
    [
        (
            "openai",
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": False}},
        ),
        ("deep-seek", {"type": "json_object"}),
        ("groq", None),
    ],
)
def test_an_answer_by_a_schema(provider: str, shape: object) -> None:
    request = ChatRequest(HELLO.messages, purpose=Purpose.EXTRACT, schema=SCHEMA)
    body = asked(request, provider=provider)[2]
    assert body.get("response_format") == shape
    assert 4096 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    scalar = ChatRequest(HELLO.messages, purpose=Purpose.EXTRACT, schema={"type": "boolean"})
    assert "response_format" not in asked(scalar, provider=provider)[2]


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("off", {}),
        ("variable", {"call": {"id": "1"}, "metadata": {"shop": "a", "model": "evil", "call": 2}}),
        ("destructured", {"shop": "a", "call": {"id": "1"}}),
    ],
)
def test_a_custom_model_is_told_of_the_call(mode: str, told: dict[str, object]) -> None:
    facts: dict[str, object] = {"call": {"id": "1"}, "metadata": {"shop": "a", "model": "evil", "call": 2}}
    body = asked(HELLO, facts, provider="custom-llm", url="http://own", metadataSendMode=mode)[2]
    ours = {"model", "messages", "stream", "stream_options", "temperature", "max_tokens"}
    assert {name: value for name, value in body.items() if name not in ours} == told
    assert body["model"] == "gpt-4.1-mini"


def test_a_server_whose_template_wants_a_user_gets_one() -> None:
    greeting = conversation()
    assert asked(greeting, provider="vllm")[2]["messages"][-1]["role"] == "user"
    assert asked(greeting)[2]["messages"][-1]["role"] == "system"


@given(REQUESTS)
@settings(max_examples=60, deadline=None)
def test_every_conversation_is_one_that_the_api_takes(request: ChatRequest) -> None:
    body = asked(request)[2]
    THEIR_TYPES.validate_python(body)
    assert mistake_in(body) is None


def reader(request: ChatRequest = HELLO, *, strict_end: bool = False) -> CompletionReader:
    return CompletionReader("openai", request, strict_end=strict_end)


def chunks(*deltas: dict[str, object], reason: str | None = "stop", done: bool = True) -> list[bytes]:
    """A stream of these deltas."""
    choices: list[dict[str, object]] = [
        {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
    ]
    if reason is not None:
        choices.append({"index": 0, "delta": {}, "finish_reason": reason})
    stream = [b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n" for choice in choices]
    return [*stream, b"data: [DONE]\n\n"] if done else stream


def piece(arguments: object = "", name: str | None = None, **place: object) -> dict[str, object]:
    function = {"arguments": arguments, **({} if name is None else {"name": name})}
    return {"tool_calls": [{**place, "function": function}]}


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        ([{"role": "assistant", "content": ""}, {"content": "Good "}, {"content": "day."}], "Good day."),
        ([{"content": None, "reasoning_content": "hm"}, {"reasoning": "hm"}, {"content": "Yes."}], "Yes."),
        ([{"content": "<think>"}, {"content": "secret</th"}, {"content": "ink>\n\nYes."}], "Yes."),
        ([{"content": " <thinking>a <b> </think> c</thinking>"}, {"content": " <think>d</think> E"}], "E"),
        ([{"content": "<th"}, {"content": "ree> words"}], "<three> words"),
        ([{"content": "<"}], "<"),
        ([{"content": "<think>never closed"}], ""),
        ([{"content": "No <think>of</think> it"}], "No <think>of</think> it"),
        ([{"refusal": "I cannot do that."}], "I cannot do that."),
        ([{"content": [{"type": "text", "text": "in parts"}, {"type": "image"}]}], "in parts"),
        ([{"content": "half \ud83d of it"}], "half \ufffd of it"),
    ],
)
def test_what_is_spoken(deltas: list[dict[str, object]], text: str) -> None:
    events = read(reader(), chunks(*deltas))
    assert text_of(events) == text
    assert isinstance(events[-1], Done)


A, B = ToolCall("a", "book", {"day": "Monday"}), ToolCall("b", "look_up", {})


@pytest.mark.parametrize(
    ("deltas", "calls"),
    [
        (
            [
                piece("", "book", index=0, id="a"),
                piece('{"day": ', index=0),
                piece('"Monday"}', index=0),
                piece("", "look_up", index=1, id="b"),
                piece("{}", index=1),
            ],
            [A, B],
        ),
        ([piece('{"day": "Monday"}', "book", id="a"), piece("{}", "look_up", id="b")], [A, B]),
        (
            [piece("", "book", id="a"), piece('{"day":'), piece('"Monday"}'), piece("", "look_up", id="b")],
            [A, B],
        ),
        (
            [piece('{"day": "Monday"}', "book", index=0, id="a"), piece("", "look_up", index=0, id="b")],
            [A, B],
        ),
        ([piece({"day": "Monday"}, "book", index=0, id="a")], [A]),
        ([piece('"{\\"day\\": \\"Monday\\"}"', "book", index=0, id="a")], [A]),
        ([piece('{"day": ', "book", index=0, id="a"), piece('"Monday"}', "book", index=0, id="a")], [A]),
        (
            [piece("{}", "book"), piece("{}", "book")],
            [ToolCall("call_1", "book", {}), ToolCall("call_2", "book", {})],
        ),
        (
            [{"function_call": {"name": "book", "arguments": '{"day": "Monday"}'}}],
            [ToolCall("call_1", "book", A.arguments)],
        ),
        ([piece('{"day": "Mon', "book", index=0, id="a")], [ToolCall("a", "book", {}, unreadable=True)]),
        ([piece("[1]", "book", index=0, id="a")], [ToolCall("a", "book", {}, unreadable=True)]),
        ([piece('{"x": NaN}', "book", index=0, id="a")], [ToolCall("a", "book", {}, unreadable=True)]),
        ([piece("[" * 100_000, "book", index=0, id="a")], [ToolCall("a", "book", {}, unreadable=True)]),
        ([piece('{"x": "\\ud800"}', "book", index=0, id="a")], [ToolCall("a", "book", {"x": "\ufffd"})]),
        ([piece("x" * 300_000, "book", index=0, id="a")], [ToolCall("a", "book", {}, unreadable=True)]),
    ],
)
def test_tool_calls_however_they_are_told(deltas: list[dict[str, object]], calls: list[ToolCall]) -> None:
    assert calls_of(read(reader(), chunks(*deltas, reason="tool_calls"))) == calls


def test_an_id_names_one_call_of_the_conversation() -> None:
    before = conversation(user("x"), *called(ToolCall("a", "book", {}), ToolCall("call_1", "book", {})))
    stream = chunks(piece("{}", "book", index=0, id="a"), piece("{}", "book", index=1, id="a"))
    assert [call.id for call in calls_of(read(reader(before), stream))] == ["call_2", "call_3"]


def usage(**more: object) -> bytes:
    return json.dumps(
        {"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": 7, **more}}
    ).encode()


@pytest.mark.parametrize(
    ("counted", "done"),
    [
        (usage(prompt_tokens_details={"cached_tokens": 64}), Done(False, 90, 7, 64)),
        (usage(prompt_cache_hit_tokens=32), Done(False, 90, 7, 32)),
        (usage(prompt_tokens_details=None), Done(False, 90, 7)),
        (
            b'{"choices": [], "x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 2}}}',
            Done(False, 3, 2),
        ),
        (b'{"choices": [], "usage": {"prompt_tokens": "many", "completion_tokens": -3}}', Done()),
    ],
)
def test_tokens_are_counted(counted: bytes, done: Done) -> None:
    stream = [*chunks({"content": "hi"}, done=False), b"data: " + counted + b"\n\n", b"data: [DONE]\n\n"]
    assert read(reader(), stream)[-1] == done


def test_tokens_are_estimated_where_nobody_counts() -> None:
    done = read(reader(), chunks({"content": "Good day to you."}))[-1]
    assert done == Done(prompt_tokens=4, completion_tokens=4, estimated=True)


def test_a_stream_may_end_without_its_mark() -> None:
    assert text_of(read(reader(), chunks({"content": "Yes."}, done=False))) == "Yes."
    assert text_of(read(reader(), chunks({"content": "Yes."}, reason=None))) == "Yes."


def fault_of(stream: list[bytes], *, strict_end: bool = False) -> ProviderFault | None:
    with pytest.raises(ProviderError) as caught:
        read(reader(strict_end=strict_end), stream)
    assert caught.value.stage == "llm"
    return caught.value.fault


HI = chunks({"content": "hi"}, reason=None, done=False)


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (HI, ProviderFault.CLOSED),
        ([], ProviderFault.CLOSED),
        ([*HI, b"data: {not json}\n\n"], ProviderFault.PROTOCOL),
        ([*HI, b"data: " + b"[" * 100_000 + b"\n\n"], ProviderFault.PROTOCOL),
        ([b"data: []\n\n"], ProviderFault.PROTOCOL),
        ([b'data: {"choices": 1}\n\n'], ProviderFault.PROTOCOL),
        ([b'data: {"choices": [1]}\n\n'], ProviderFault.PROTOCOL),
        ([b'data: {"choices": [{"delta": [1]}]}\n\n'], ProviderFault.PROTOCOL),
        ([b'data: {"choices": [{"delta": {"tool_calls": [1]}}]}\n\n'], ProviderFault.PROTOCOL),
        ([*chunks({"content": "a"}, done=False), *HI], ProviderFault.PROTOCOL),
        (chunks(*(piece("{}", "book", id=str(number)) for number in range(65))), ProviderFault.PROTOCOL),
        (chunks(reason="content_filter"), ProviderFault.BAD_REQUEST),
        (chunks(reason="error"), ProviderFault.UNAVAILABLE),
        ([*HI, b'data: {"error": {"message": "x", "code": 429}}\n\n'], ProviderFault.RATE_LIMITED),
        ([*HI, b'data: {"error": {"message": "x", "code": 502}}\n\n'], ProviderFault.UNAVAILABLE),
        ([*HI, b'data: {"error": {"code": "context_length_exceeded"}}\n\n'], ProviderFault.BAD_REQUEST),
        ([*HI, b'data: {"error": {"type": "insufficient_quota"}}\n\n'], ProviderFault.FUNDS),
        ([*HI, b'event: error\ndata: {"message": "it burns"}\n\n'], ProviderFault.UNAVAILABLE),
        ([*HI, b'data: {"error": "it burns"}\n\n'], ProviderFault.UNAVAILABLE),
    ],
)
def test_what_is_wrong_with_an_answer(stream: list[bytes], fault: ProviderFault) -> None:
    assert fault_of(stream) is fault


def test_openais_own_answers_end_with_a_reason() -> None:
    assert fault_of(chunks({"content": "hi"}, reason=None), strict_end=True) is ProviderFault.PROTOCOL


def test_no_error_tells_what_the_vendor_said() -> None:
    with pytest.raises(ProviderError) as caught:
        read(reader(), [b'data: {"error": {"code": "a b", "message": "caller 555 0100 said"}}\n\n'])
    assert "555" not in caught.value.detail


@given(
    ANSWERS,
    st.builds(
        CompletionStyle,
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["text", "reasoning"]),
    ),
    st.lists(st.integers(1, 60), max_size=60),
)
@settings(max_examples=150, deadline=None)
def test_what_was_written_is_read(answer: ScriptedAnswer, style: CompletionStyle, sizes: list[int]) -> None:
    """Whatever the style of the server, unless it makes two calls look like one."""
    if not style.ids and not style.whole_arguments:
        style = CompletionStyle(style.usage, style.done, True, False, False, style.think)
    counted = {"prompt_tokens": 5, "completion_tokens": 6} if style.usage else None
    stream = b"".join(OpenAiEmulator(style=style).frames(answer, {"id": "x"}, counted))
    events = read(reader(), cut(stream, sizes))
    assert text_of(events).strip() == answer.text.strip()
    assert [(call.name, call.arguments) for call in calls_of(events)] == [
        (call.name, call.arguments) for call in answer.calls
    ]
    assert events[-1] == Done(prompt_tokens=5, completion_tokens=6) if style.usage else events[-1].estimated  # type: ignore[union-attr]


_JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=True),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "content", "tool_calls", "function", "index", "id", "usage", "error"]
            )
            | st.sampled_from(
                ["name", "arguments", "finish_reason", "x_groq", "prompt_tokens_details", "code"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(_JSON.map(json.dumps) | st.text(max_size=20) | st.just("[DONE]"), max_size=6))
@settings(max_examples=150, deadline=None)
def test_nothing_but_provider_errors_comes_out(datas: list[str]) -> None:
    it = reader()
    events: list[ChatEvent] = []
    try:
        for data in datas:
            events += it.receive(SseEvent("message", data))
        events += it.finish()
    except ProviderError:
        return
    assert all(isinstance(event, Token | ToolCall | Done) for event in events)


def test_scripted_calls_survive_the_round() -> None:
    answer = ScriptedAnswer(
        "One moment.", (ScriptedCall("book", {"day": "Monday"}), ScriptedCall("book", '{"a'))
    )
    events = read(reader(), OpenAiEmulator().frames(answer, {}, None))
    assert [call.unreadable for call in calls_of(events)] == [False, True]
