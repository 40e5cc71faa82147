"""The `elevenlabs` package (2.78) speaks with our emulator: its frames are the vendor's, not ours alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
import pytest
import trio
from elevenlabs import VoiceSettings as SdkVoiceSettings
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.types import (
    AudioOutputMulti,
    CloseContext,
    CloseSocket,
    FinalOutputMulti,
    FlushContext,
    InitializeConnectionMulti,
    KeepContextAlive,
    SendTextMulti,
)
from websockets.sync.client import connect

from aywa.emulators.elevenlabs_speech import ElevenLabsSpeech
from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.emulators.speaking import VoiceSettings
from tests.kit.voices import KEY, spoken

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # the package's
T = TypeVar("T")
PHRASES = {"one": "First context.", "two": "And second."}
KEYED = VoiceSettings(keys=frozenset({KEY}))


async def with_sdk(
    work: Callable[[EmulatorHost], T], settings: VoiceSettings = KEYED
) -> tuple[T, ElevenLabsSpeech]:
    """What the SDK did in a thread, and the emulator that it did it to."""
    emulator = ElevenLabsSpeech(settings)
    async with open_emulator(emulator) as host:
        return await trio.to_thread.run_sync(work, host), emulator


@contextmanager
def client(host: EmulatorHost, key: str = KEY) -> Iterator[ElevenLabs]:
    """The SDK, led to the emulator; its realtime client would insist on TLS."""
    with httpx.Client() as connections:
        made = ElevenLabs(api_key=key, base_url=host.url, httpx_client=connections)
        made.text_to_speech._ws_base_url = host.url.replace("http", "ws")
        yield made


async def test_the_stream_request() -> None:
    def work(host: EmulatorHost) -> bytes:
        with client(host) as sdk:
            return b"".join(
                sdk.text_to_speech.stream(
                    "rachel",
                    text="Hello there.",
                    model_id="eleven_flash_v2_5",
                    output_format="pcm_8000",
                    voice_settings=SdkVoiceSettings(stability=0.5),
                )
            )

    pcm, emulator = await with_sdk(work)
    assert pcm == spoken("Hello there.")
    assert emulator.given[0]["voice_settings"] == {"stability": 0.5}


async def test_a_wrong_key_and_an_unknown_voice() -> None:
    def work(host: EmulatorHost) -> list[int | None]:
        statuses = []
        for key in ("wrong", KEY):
            with client(host, key) as sdk, pytest.raises(ApiError) as raised:
                b"".join(sdk.text_to_speech.stream("nobody", text="Hi.", output_format="pcm_8000"))
            statuses.append(raised.value.status_code)
        return statuses

    statuses, _ = await with_sdk(work, VoiceSettings(keys=frozenset({KEY}), voices=frozenset({"rachel"})))
    assert statuses == [401, 404]


async def test_the_realtime_client() -> None:
    def text() -> Iterator[str]:
        yield "Hello there, "
        yield "how are you?"

    def work(host: EmulatorHost) -> bytes:
        with client(host) as sdk:
            speech = sdk.text_to_speech.convert_realtime("rachel", text=text(), output_format="pcm_8000")
            return b"".join(speech)

    pcm, emulator = await with_sdk(work)
    assert pcm == spoken("Hello there, how are you?")
    assert emulator.record.connections == 1


async def test_the_realtime_client_is_told_of_a_wrong_key() -> None:
    def work(host: EmulatorHost) -> int | None:
        with client(host, "wrong") as sdk, pytest.raises(ApiError) as raised:
            b"".join(
                sdk.text_to_speech.convert_realtime("rachel", text=iter(["Hi."]), output_format="pcm_8000")
            )
        return raised.value.status_code

    status, _ = await with_sdk(work)
    assert status == 1008


async def test_the_messages_of_many_contexts_are_the_packages_own() -> None:
    """The package has the types of this websocket, and no client: they are sent and read with them."""

    def work(host: EmulatorHost) -> dict[str, bytes]:
        path = "/v1/text-to-speech/rachel/multi-stream-input?output_format=pcm_8000"
        url = host.url.replace("http", "ws") + path
        heard: dict[str, bytes] = {}
        final: set[str] = set()
        with connect(url, additional_headers={"xi-api-key": KEY}) as socket:
            for name, text in PHRASES.items():
                for message in (
                    InitializeConnectionMulti(text=" ", context_id=name),
                    SendTextMulti(text=f"{text} ", context_id=name),
                    KeepContextAlive(text="", context_id=name),
                    FlushContext(context_id=name, flush=True),
                    CloseContext(context_id=name, close_context=True),
                ):
                    socket.send(message.json(exclude_none=True))
            while len(final) < 2:
                said = json.loads(socket.recv())
                if said.get("isFinal"):
                    final.add(FinalOutputMulti.model_validate(said).context_id or "")
                    continue
                audio = AudioOutputMulti.model_validate(said)
                assert audio.context_id is not None
                assert audio.alignment is None or audio.alignment.chars
                heard[audio.context_id] = heard.get(audio.context_id, b"") + base64.b64decode(audio.audio)
            socket.send(CloseSocket(close_socket=True).json())
        return heard

    heard, emulator = await with_sdk(work)
    assert heard == {name: spoken(text) for name, text in PHRASES.items()}
    assert emulator.record.most_at_once == 2
