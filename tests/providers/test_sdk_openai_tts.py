"""The `openai` package (3.54) speaks with our emulator of `audio.speech`."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import TypeVar

import openai
import pytest
import trio

from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.emulators.openai_speech import OpenAISpeech
from aywa.emulators.speaking import VoiceSettings
from aywa.emulators.tones import speak
from tests.kit.voices import KEY

pytestmark = pytest.mark.live
T = TypeVar("T")
TEXT = "Hello there."
PCM = speak(TEXT, 24_000).pcm


async def with_sdk(work: Callable[[EmulatorHost], T]) -> tuple[T, OpenAISpeech]:
    """What the SDK did in a thread, and the emulator that it did it to."""
    emulator = OpenAISpeech(VoiceSettings(keys=frozenset({KEY}), voices=frozenset({"alloy"})))
    async with open_emulator(emulator) as host:
        return await trio.to_thread.run_sync(work, host), emulator


def client(host: EmulatorHost, key: str = KEY) -> openai.OpenAI:
    """The SDK, led to the emulator."""
    return openai.OpenAI(api_key=key, base_url=f"{host.url}/v1", max_retries=0)


async def test_raw_pcm_is_streamed() -> None:
    def work(host: EmulatorHost) -> list[bytes]:
        with (
            client(host) as sdk,
            sdk.audio.speech.with_streaming_response.create(
                model="gpt-4o-mini-tts",
                voice="alloy",
                input=TEXT,
                response_format="pcm",
                instructions="Softly.",
            ) as answer,
        ):
            return list(answer.iter_bytes())

    pieces, emulator = await with_sdk(work)
    assert b"".join(pieces) == PCM
    assert len(pieces) > 1
    assert emulator.given[0]["instructions"] == "Softly."


async def test_a_wav_is_one() -> None:
    def work(host: EmulatorHost) -> bytes:
        with client(host) as sdk:
            answer = sdk.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="wav")
            return answer.content

    data, _ = await with_sdk(work)
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (24_000, 1, 2)
    assert data.endswith(PCM)


@pytest.mark.parametrize(
    ("key", "voice", "error"),
    [("wrong", "alloy", openai.AuthenticationError), (KEY, "nobody", openai.BadRequestError)],
)
async def test_errors_are_the_packages_own(key: str, voice: str, error: type[openai.APIStatusError]) -> None:
    def work(host: EmulatorHost) -> str | None:
        with client(host, key) as sdk, pytest.raises(error) as raised:
            sdk.audio.speech.create(model="tts-1", voice=voice, input=TEXT, response_format="pcm")
        return raised.value.code

    code, _ = await with_sdk(work)
    assert code == ("invalid_api_key" if key == "wrong" else "invalid_value")
