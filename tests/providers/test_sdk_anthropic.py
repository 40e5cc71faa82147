"""Anthropic's own SDK accepts the emulator."""

from __future__ import annotations

import anthropic
import pytest
import trio
from anthropic import Anthropic
from anthropic.types import MessageParam, TextBlock, ThinkingBlock, ToolParam, ToolUseBlock

from aywa.emulators.anthropic import AnthropicEmulator
from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, ScriptedCall
from aywa.emulators.faults import Fault, FaultKind
from tests.kit.chat import KEY, SCHEMA, emulated

TOOL: ToolParam = {"name": "book", "description": "Books a table.", "input_schema": dict(SCHEMA)}
HELLO: list[MessageParam] = [{"role": "user", "content": "hello"}]
BOOKING = ScriptedAnswer(
    "One moment.", (ScriptedCall("book", {"day": "Monday"}), ScriptedCall("book")), thoughts="A table."
)


def client(url: str, key: str = KEY) -> Anthropic:
    return Anthropic(base_url=url, api_key=key, max_retries=0, timeout=5)


def plain(sdk: Anthropic) -> None:
    message = sdk.messages.create(model="claude", max_tokens=100, messages=HELLO)
    assert [block.text for block in message.content if isinstance(block, TextBlock)] == ["Good day to you."]
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens == 4


def streaming(sdk: Anthropic) -> None:
    with sdk.messages.stream(model="claude", max_tokens=100, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == "Good day to you."
        assert stream.get_final_message().usage.output_tokens == 4


def tools(sdk: Anthropic) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    with sdk.messages.stream(
        model="claude",
        max_tokens=2000,
        messages=HELLO,
        tools=[TOOL],
        thinking=thinking,  # type: ignore[arg-type]
    ) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use"
    thought, text, *uses = message.content
    assert isinstance(thought, ThinkingBlock)
    assert (thought.thinking, thought.signature) == ("A table.", "c2lnbmVk")
    assert isinstance(text, TextBlock)
    assert [use.input for use in uses if isinstance(use, ToolUseBlock)] == [{"day": "Monday"}, {}]
    told: list[MessageParam] = [*HELLO, {"role": "assistant", "content": message.content}]
    with pytest.raises(anthropic.BadRequestError):
        sdk.messages.create(model="claude", max_tokens=100, messages=[*told, *HELLO], tools=[TOOL])
    results = [
        {"type": "tool_result", "tool_use_id": use.id, "content": "{}"}
        for use in uses
        if isinstance(use, ToolUseBlock)
    ]
    told.append({"role": "user", "content": results})  # type: ignore[typeddict-item]
    answer = sdk.messages.create(model="claude", max_tokens=100, messages=told, tools=[TOOL])
    assert isinstance(answer.content[0], TextBlock)
    assert answer.content[0].text == "It is booked."


async def test_plain_streaming_and_tools() -> None:
    script = ChatScript(["Good day to you.", "Good day to you.", BOOKING, "It is booked."])
    async with emulated(AnthropicEmulator(script)) as (_, host):
        sdk = client(host.url)
        for check in (plain, streaming, tools):
            await trio.to_thread.run_sync(check, sdk)
        await trio.to_thread.run_sync(sdk.close)


@pytest.mark.parametrize(
    ("fault", "key", "expected"),
    [
        (None, "wrong", anthropic.AuthenticationError),
        (None, KEY, anthropic.BadRequestError),
        (Fault(FaultKind.STATUS, status=429, retry_after_s=2), KEY, anthropic.RateLimitError),
        (Fault(FaultKind.STATUS, status=529), KEY, anthropic.InternalServerError),
        (Fault(FaultKind.REFUSE), KEY, anthropic.APIConnectionError),
    ],
)
async def test_error_classes(fault: Fault | None, key: str, expected: type[anthropic.AnthropicError]) -> None:
    async with emulated(AnthropicEmulator(context_tokens=1), fault) as (_, host):

        def ask() -> None:
            with client(host.url, key) as sdk, pytest.raises(expected):
                sdk.messages.create(model="claude", max_tokens=100, messages=HELLO)

        await trio.to_thread.run_sync(ask)
