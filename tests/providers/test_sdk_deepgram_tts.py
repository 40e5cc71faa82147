"""The `deepgram-sdk` package (7.17) speaks with our emulator of `/v1/speak`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import pytest
import trio
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text
from websockets.exceptions import InvalidStatus

from aywa.emulators.deepgram_speak import DeepgramSpeak
from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.emulators.speaking import VoiceSettings
from tests.kit.voices import KEY, spoken

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # the package's
T = TypeVar("T")
MODEL = "aura-2-thalia-en"
FIRST, SECOND = "Hello there.", "How are you?"


async def with_sdk(work: Callable[[EmulatorHost], T]) -> tuple[T, DeepgramSpeak]:
    """What the SDK did in a thread, and the emulator that it did it to."""
    emulator = DeepgramSpeak(VoiceSettings(keys=frozenset({KEY})))
    async with open_emulator(emulator) as host:
        return await trio.to_thread.run_sync(work, host), emulator


@contextmanager
def client(host: EmulatorHost, key: str = KEY) -> Iterator[DeepgramClient]:
    """The SDK, led to the emulator."""
    socket = host.url.replace("http", "ws")
    where = DeepgramClientEnvironment(base=host.url, production=socket, agent=socket, agent_rest=host.url)
    with httpx.Client() as connections:
        yield DeepgramClient(api_key=key, environment=where, httpx_client=connections)


async def test_the_request() -> None:
    def work(host: EmulatorHost) -> bytes:
        with client(host) as sdk:
            speech = sdk.speak.v1.audio.generate(
                text=FIRST, model=MODEL, encoding="linear16", sample_rate=8000, container="none"
            )
            return b"".join(speech)

    pcm, emulator = await with_sdk(work)
    assert pcm == spoken(FIRST)
    assert emulator.record.texts == [FIRST]


async def test_a_wrong_key() -> None:
    def work(host: EmulatorHost) -> list[int | None]:
        with client(host, "wrong") as sdk:
            with pytest.raises(ApiError) as first:
                b"".join(sdk.speak.v1.audio.generate(text=FIRST))
            with pytest.raises(InvalidStatus) as second, sdk.speak.v1.connect(model=MODEL):
                pass
        return [first.value.status_code, second.value.response.status_code]

    assert (await with_sdk(work))[0] == [401, 401]


async def test_the_websocket() -> None:
    def work(host: EmulatorHost) -> tuple[list[bytes], list[Any]]:
        phrases, said = [b""], list[Any]()
        with (
            client(host) as sdk,
            sdk.speak.v1.connect(model=MODEL, encoding="linear16", sample_rate="8000") as socket,
        ):
            for text in (FIRST, SECOND):
                socket.send_text(SpeakV1Text(text=text))
                socket.send_flush()
            while len(phrases) < 3:
                message = socket.recv()
                if isinstance(message, bytes):
                    phrases[-1] += message
                else:
                    said.append(message)
                    if message.type == "Flushed":
                        phrases.append(b"")
            socket.send_clear()
            said.append(socket.recv())
            socket.send_close()
        return phrases[:2], said

    (phrases, said), _ = await with_sdk(work)
    assert phrases == [spoken(FIRST), spoken(SECOND)]
    # The package takes a Cleared for a Flushed, which has the same fields: its `type` tells them apart.
    assert [message.type for message in said] == ["Metadata", "Flushed", "Flushed", "Cleared"]
