"""Google's own SDK accepts the emulator."""

from __future__ import annotations

import pytest
import trio
from google import genai
from google.genai import errors, types

from aywa.emulators.chat_script import ChatScript, ScriptedAnswer, ScriptedCall
from aywa.emulators.faults import Fault, FaultKind
from aywa.emulators.google import GoogleEmulator
from tests.kit.chat import KEY, SCHEMA, emulated

MODEL = "gemini-3-flash"
TOOL = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="book", description="Books a table.", parameters_json_schema=dict(SCHEMA)
        )
    ]
)
WITH_TOOL = types.GenerateContentConfig(
    tools=[TOOL], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
)
BOOKING = ScriptedAnswer(
    "One moment.", (ScriptedCall("book", {"day": "Monday"}), ScriptedCall("book")), thoughts="A table."
)


def client(url: str, key: str = KEY) -> genai.Client:
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url, timeout=5000))


def plain(sdk: genai.Client) -> None:
    answer = sdk.models.generate_content(model=MODEL, contents="hello")
    assert answer.text == "Good day to you."
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.candidates_token_count == 4


def streaming(sdk: genai.Client) -> None:
    chunks = list(sdk.models.generate_content_stream(model=MODEL, contents="hello"))
    assert "".join(chunk.text or "" for chunk in chunks) == "Good day to you."
    assert chunks[-1].candidates is not None
    assert chunks[-1].candidates[0].finish_reason is types.FinishReason.STOP


def tools(sdk: genai.Client) -> None:
    answer = sdk.models.generate_content(model=MODEL, contents="a table", config=WITH_TOOL)
    calls = answer.function_calls or []
    assert [(call.name, call.args) for call in calls] == [("book", {"day": "Monday"}), ("book", {})]
    assert answer.candidates is not None
    said = answer.candidates[0].content
    assert said is not None
    assert said.parts is not None
    signed = [part.thought_signature for part in said.parts if part.function_call]
    assert signed == [b"signed", None]
    asked = types.Content(role="user", parts=[types.Part(text="a table")])
    with pytest.raises(errors.ClientError):
        sdk.models.generate_content(model=MODEL, contents=[asked, said, asked], config=WITH_TOOL)
    results = [types.Part.from_function_response(name="book", response={}) for _ in calls]
    told = [asked, said, types.Content(role="user", parts=results)]
    assert sdk.models.generate_content(model=MODEL, contents=told, config=WITH_TOOL).text == "It is booked."


async def test_plain_streaming_and_tools() -> None:
    script = ChatScript(["Good day to you.", "Good day to you.", BOOKING, "It is booked."])
    async with emulated(GoogleEmulator(script)) as (_, host):
        sdk = client(host.url)
        for check in (plain, streaming, tools):
            await trio.to_thread.run_sync(check, sdk)
        await trio.to_thread.run_sync(sdk.close)


@pytest.mark.parametrize(
    ("fault", "key", "expected", "status"),
    [
        (None, "wrong", errors.ClientError, "INVALID_ARGUMENT"),
        (None, KEY, errors.ClientError, "INVALID_ARGUMENT"),
        (Fault(FaultKind.STATUS, status=429, retry_after_s=2), KEY, errors.ClientError, None),
        (Fault(FaultKind.STATUS, status=503), KEY, errors.ServerError, None),
    ],
)
async def test_error_classes(
    fault: Fault | None, key: str, expected: type[errors.APIError], status: str | None
) -> None:
    async with emulated(GoogleEmulator(context_tokens=1), fault) as (_, host):

        def ask() -> None:
            sdk = client(host.url, key)
            with pytest.raises(expected) as caught:
                sdk.models.generate_content(model=MODEL, contents="hello")
            assert caught.value.status == status
            sdk.close()

        await trio.to_thread.run_sync(ask)
