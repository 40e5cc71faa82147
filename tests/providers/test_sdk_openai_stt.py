"""OpenAI's own SDK accepts the emulator of its transcriptions: by the realtime websocket and by HTTP."""

from __future__ import annotations

import gc
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import trio

from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from aywa.emulators.openai_transcription import OpenAiTranscriptionEmulator
from aywa.providers.whisper.post_wire import wave
from tests.kit.stt_world import SILENCE, SPEECH

SPOKEN = (SPEECH * 60 + SILENCE * 20) * 1

# The SDK imports what its websockets library calls old, and leaves some sockets to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What the SDK left open is closed here, and not in somebody else's test."""
    yield
    gc.collect()


WIDE = SPOKEN + SPOKEN[: len(SPOKEN) // 2]  # as long in bytes as the same at 24 kHz


def client(url: str, key: str = "k") -> openai.OpenAI:
    return openai.OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0)


def transcribe(url: str) -> list[Any]:
    heard: list[Any] = []
    with client(url).realtime.connect(extra_query={"intent": "transcription"}) as connection:
        connection.session.update(
            session={
                "type": "transcription",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24_000},
                        "transcription": {"model": "gpt-4o-transcribe"},
                        "turn_detection": None,
                    }
                },
            }
        )
        for at in range(0, len(WIDE), 9600):
            connection.input_audio_buffer.append(audio=b64encode(WIDE[at : at + 9600]).decode())
        connection.input_audio_buffer.commit()
        for event in connection:
            heard.append(event)
            if event.type == "conversation.item.input_audio_transcription.completed":
                break
    return heard


def post(url: str, key: str) -> str:
    file = ("speech.wav", wave(SPOKEN), "audio/wav")
    return client(url, key).audio.transcriptions.create(model="whisper-1", file=file, language="en").text


async def test_transcriptions() -> None:
    emulator = OpenAiTranscriptionEmulator(Script(["a table for two", "at eight"]), {"k"})
    async with open_emulator(emulator) as host:
        heard = await trio.to_thread.run_sync(transcribe, host.url)
        text = await trio.to_thread.run_sync(post, host.url, "k")
        with pytest.raises(openai.AuthenticationError):
            await trio.to_thread.run_sync(post, host.url, "wrong")
    kinds = [event.type for event in heard]
    assert kinds[:3] == ["session.created", "session.updated", "input_audio_buffer.committed"]
    assert "".join(event.delta for event in heard if event.type.endswith(".delta")) == "a table for two"
    assert heard[-1].transcript == "a table for two"
    assert text == "at eight"
    assert emulator.forms[0]["language"] == b"en"
