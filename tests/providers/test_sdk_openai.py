"""OpenAI's own SDK accepts the emulator: so it is judged by somebody who does not know our adapter."""

from __future__ import annotations

import json

import openai
import pytest
import trio
from openai import AzureOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, ScriptedCall
from aywa.emulators.faults import Fault, FaultKind
from aywa.emulators.openai import OpenAiEmulator
from tests.kit.chat import KEY, SCHEMA, emulated

TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "book", "description": "Books a table.", "parameters": dict(SCHEMA)},
}
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
BOOKING = ScriptedAnswer("One moment.", (ScriptedCall("book", {"day": "Monday"}), ScriptedCall("book", {})))


def client(url: str, key: str = KEY) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=5)


def plain(sdk: OpenAI) -> None:
    answer = sdk.chat.completions.create(model="gpt-emulated", messages=HELLO)
    assert answer.choices[0].message.content == "Good day to you."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 4
    assert [each.id for each in sdk.models.list()] == ["gpt-emulated"]


def streaming(sdk: OpenAI) -> None:
    stream = sdk.chat.completions.create(
        model="gpt-emulated", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    said = [choice.delta.content for chunk in chunks for choice in chunk.choices]
    assert "".join(text or "" for text in said) == "Good day to you."
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert all(chunk.usage is None for chunk in chunks[:-1])


def tools(sdk: OpenAI) -> None:
    """The SDK's own accumulation of a stream, and the round with the results."""
    with sdk.chat.completions.stream(model="gpt-emulated", messages=HELLO, tools=[TOOL]) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    assert message.content == "One moment."
    assert [call.function.name for call in message.tool_calls or ()] == ["book", "book"]
    assert [json.loads(call.function.arguments) for call in message.tool_calls or ()] == [
        {"day": "Monday"},
        {},
    ]
    told: list[ChatCompletionMessageParam] = [*HELLO, message.to_dict()]  # type: ignore[list-item]
    with pytest.raises(openai.BadRequestError):
        sdk.chat.completions.create(model="gpt-emulated", messages=told)
    results: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": "{}"} for call in message.tool_calls or ()
    ]
    answer = sdk.chat.completions.create(model="gpt-emulated", messages=[*told, *results])
    assert answer.choices[0].message.content == "It is booked."


async def test_plain_streaming_and_tools() -> None:
    script = ChatScript(["Good day to you.", "Good day to you.", BOOKING, "It is booked."])
    async with emulated(OpenAiEmulator(script)) as (_, host):
        sdk = client(host.url)
        for check in (plain, streaming, tools):
            await trio.to_thread.run_sync(check, sdk)
        await trio.to_thread.run_sync(sdk.close)


async def test_azure() -> None:
    async with emulated(OpenAiEmulator(ChatScript(["Good day."]))) as (_, host):

        def ask() -> None:
            sdk = AzureOpenAI(azure_endpoint=host.url, api_key=KEY, api_version="2024-10-21", max_retries=0)
            with sdk:
                answer = sdk.chat.completions.create(model="my-deployment", messages=HELLO)
            assert answer.choices[0].message.content == "Good day."

        await trio.to_thread.run_sync(ask)
        assert host.requests[0].target.startswith("/openai/deployments/my-deployment/chat/completions?")


@pytest.mark.parametrize(
    ("fault", "key", "expected"),
    [
        (None, "wrong", openai.AuthenticationError),
        (Fault(FaultKind.STATUS, status=403), KEY, openai.PermissionDeniedError),
        (Fault(FaultKind.STATUS, status=404), KEY, openai.NotFoundError),
        (Fault(FaultKind.STATUS, status=429, retry_after_s=2), KEY, openai.RateLimitError),
        (Fault(FaultKind.STATUS, status=503), KEY, openai.InternalServerError),
        (Fault(FaultKind.REFUSE), KEY, openai.APIConnectionError),
        (None, KEY, openai.BadRequestError),
    ],
)
async def test_error_classes(fault: Fault | None, key: str, expected: type[openai.OpenAIError]) -> None:
    async with emulated(OpenAiEmulator(context_tokens=1), fault) as (_, host):

        def ask() -> None:
            with client(host.url, key) as sdk, pytest.raises(expected) as caught:
                sdk.chat.completions.create(model="gpt-emulated", messages=HELLO)
            if isinstance(caught.value, openai.RateLimitError):
                assert caught.value.response.headers["retry-after"] == "2"
            if expected is openai.BadRequestError:
                assert isinstance(caught.value, openai.BadRequestError)
                assert caught.value.code == "context_length_exceeded"

        await trio.to_thread.run_sync(ask)
