"""Chat completions over loopback: whole generations, deadlines, every fault, and leaving in the middle."""

from __future__ import annotations

import pytest
import trio

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, ScriptedCall
from aywa.emulators.faults import Fault, FaultKind
from aywa.emulators.openai import CompletionStyle, OpenAiEmulator
from aywa.errors import ProviderError, ProviderFault
from aywa.model.chat_models import CHAT_MODELS
from aywa.ports.llm import ChatModel, Done, Purpose, Token
from aywa.providers.openai.chat_model import chat_model
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from tests.kit.chat import BOOK, KEY, calls_of, conversation, emulated, generate, text_of, user

HELLO = conversation(user("hello"), tools=(BOOK,))
LONG = " ".join(f"word{number}" for number in range(400))


def model(door: ProviderDoor, at: str, *, key: str = KEY, **plan: object) -> ChatModel:
    written = {
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "firstTokenSeconds": 0.5,
        "tokenGapSeconds": 0.3,
    }
    parsed = CHAT_MODELS.validate_python({**written, **plan})
    return chat_model(door, Access(parsed.provider, at, key), parsed)  # type: ignore[arg-type]


async def test_text_then_a_tool_then_text_on_one_connection() -> None:
    call = ScriptedAnswer("One moment.", (ScriptedCall("book", {"day": "Monday"}),), thoughts="A table.")
    emulator = OpenAiEmulator(ChatScript(["Good day to you.", call]))
    async with emulated(emulator) as (door, host):
        llm = model(door, host.url)
        assert llm.name == "openai"
        events = await generate(llm, HELLO)
        assert text_of(events) == "Good day to you."
        assert [type(event) for event in events[-2:]] == [Token, Done]
        events = await generate(llm, HELLO)
        assert text_of(events) == "One moment."
        assert [(each.name, each.arguments) for each in calls_of(events)] == [("book", {"day": "Monday"})]
        done = events[-1]
        assert isinstance(done, Done)
        assert done.prompt_tokens > 0
        assert not done.estimated
        assert text_of(await generate(llm, HELLO)) == "You said: hello"
        assert host.connections == 1


@pytest.mark.parametrize(
    "style",
    [
        CompletionStyle(usage=False, done=False),
        CompletionStyle(index=False, whole_arguments=True, ids=False),
        CompletionStyle(think="text"),
    ],
)
async def test_other_servers_of_this_protocol(style: CompletionStyle) -> None:
    answer = ScriptedAnswer("Yes.", (ScriptedCall("book", {"day": "Monday"}),), thoughts="Say yes.")
    async with emulated(OpenAiEmulator(ChatScript([answer]), key="", style=style)) as (door, host):
        events = await generate(model(door, host.url, provider="vllm", url=host.url, key=""), HELLO)
        assert text_of(events) == "Yes."
        assert [each.arguments for each in calls_of(events)] == [{"day": "Monday"}]


async def failure(llm: ChatModel) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await generate(llm, HELLO)
    assert (caught.value.provider, caught.value.stage) == ("openai", "llm")
    return caught.value


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.REFUSE), ProviderFault.CLOSED),
        (Fault(FaultKind.HANG), ProviderFault.TIMEOUT),
        (Fault(FaultKind.SILENT), ProviderFault.TIMEOUT),
        (Fault(FaultKind.SLOW, seconds=5), ProviderFault.TIMEOUT),
        (Fault(FaultKind.STALL, after=1), ProviderFault.TIMEOUT),
        (Fault(FaultKind.STALL, after=3), ProviderFault.TIMEOUT),
        (Fault(FaultKind.RESET, after=3), ProviderFault.CLOSED),
        (Fault(FaultKind.CLOSE, after=3), ProviderFault.CLOSED),
        (Fault(FaultKind.MALFORMED, after=2), ProviderFault.PROTOCOL),
        (Fault(FaultKind.STATUS, status=401), ProviderFault.UNAUTHORISED),
        (Fault(FaultKind.STATUS, status=404), ProviderFault.BAD_REQUEST),
        (Fault(FaultKind.STATUS, status=429, retry_after_s=7), ProviderFault.RATE_LIMITED),
        (Fault(FaultKind.STATUS, status=500), ProviderFault.UNAVAILABLE),
    ],
)
async def test_every_fault_is_told_apart_in_time(fault: Fault, expected: ProviderFault) -> None:
    async with emulated(OpenAiEmulator(ChatScript(["Good day to you, caller."])), fault) as (door, host):
        llm = model(door, host.url)
        with trio.fail_after(1.5):
            error = await failure(llm)
        assert error.fault is expected
        assert error.retry_after_s == (7 if fault.status == 429 else None)
        assert error.retryable is (expected not in (ProviderFault.UNAUTHORISED, ProviderFault.BAD_REQUEST))
        assert text_of(await generate(llm, HELLO)) != ""  # the next one is served


async def test_refusals_of_the_api_itself() -> None:
    async with emulated(OpenAiEmulator(context_tokens=5)) as (door, host):
        error = await failure(model(door, host.url, key="wrong"))
        assert (error.fault, error.status) == (ProviderFault.UNAUTHORISED, 401)
        assert "wrong" not in str(error)
        error = await failure(model(door, host.url))
        assert (error.fault, error.retryable) == (ProviderFault.BAD_REQUEST, False)
        assert error.detail == "The provider answered 400 (context_length_exceeded)"


async def test_leaving_ends_the_stream_at_once() -> None:
    emulator = OpenAiEmulator(ChatScript([LONG]), token_s=0.005)
    async with emulated(emulator) as (door, host):
        llm = model(door, host.url)
        async with llm.stream(HELLO) as events:
            async for event in events:
                if isinstance(event, Token):
                    break
        with trio.fail_after(1.0):
            await emulator.left.wait()


async def test_a_cancelled_generation_ends_the_stream() -> None:
    emulator = OpenAiEmulator(ChatScript([LONG]), token_s=0.005)
    async with emulated(emulator) as (door, host):
        with trio.move_on_after(0.1) as cancelled:
            await generate(model(door, host.url), HELLO)
        assert cancelled.cancelled_caught
        with trio.fail_after(1.0):
            await emulator.left.wait()


async def test_signs_of_life_are_no_words() -> None:
    """A model that thinks for ever is given up, unless nobody waits on the line."""
    emulator = OpenAiEmulator(
        ChatScript([ScriptedAnswer("Yes.", thoughts="hm")] * 2), first_token_s=0.0, token_s=0.7
    )
    async with emulated(emulator) as (door, host):
        llm = model(door, host.url, firstTokenSeconds=0.2)
        assert (await failure(llm)).detail == "The model did not begin in time"
        unhurried = conversation(user("hello"))
        unhurried = type(unhurried)(unhurried.messages, purpose=Purpose.SUMMARISE)
        assert text_of(await generate(llm, unhurried)) == "Yes."


async def test_figures_are_waited_for_only_shortly() -> None:
    """The stream stays open behind the last word, without an end."""
    fault = Fault(FaultKind.STALL, after=3)  # the role, one word, the reason
    emulator = OpenAiEmulator(ChatScript(["Yes."]), style=CompletionStyle(usage=False, done=False))
    async with emulated(emulator, fault) as (door, host):
        with trio.fail_after(1.0):
            events = await generate(model(door, host.url), HELLO)
        assert text_of(events) == "Yes."
        assert isinstance(events[-1], Done)
