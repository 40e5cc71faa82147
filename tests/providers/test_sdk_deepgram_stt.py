"""Deepgram's own SDK accepts the emulator of its recognisers."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types import ListenV1Metadata, ListenV1Results
from deepgram.listen.v2.types import ListenV2ConfigureSuccess, ListenV2Connected, ListenV2TurnInfo
from websockets.exceptions import InvalidStatus

from aywa.emulators.deepgram_listen import DeepgramListenEmulator
from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from tests.kit.stt_world import SILENCE, SPEECH

SPOKEN = [SPEECH * 5] * 12 + [SILENCE * 5] * 6  # pieces of 100 ms

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


def client(url: str, key: str = "k") -> DeepgramClient:
    socket = url.replace("http:", "ws:")
    return DeepgramClient(
        api_key=key,
        environment=DeepgramClientEnvironment(base=url, production=socket, agent=socket, agent_rest=url),
    )


def listen(url: str, key: str) -> list[Any]:
    with client(url, key).listen.v1.connect(
        model="nova-3", encoding="linear16", sample_rate=16000, interim_results=True
    ) as connection:
        for piece in SPOKEN:
            connection.send_media(piece)
        connection.send_keep_alive()
        connection.send_finalize()
        connection.send_close_stream()
        return list(connection)


def listen_by_turns(url: str) -> list[Any]:
    with client(url).listen.v2.connect(
        model="flux-general-en", encoding="linear16", sample_rate=16000, eager_eot_threshold=0.5
    ) as connection:
        for piece in SPOKEN:
            connection.send_media(piece)
        connection.send_configure({"type": "Configure", "thresholds": {"eot_threshold": 0.8}})
        connection.send_close_stream()
        return list(connection)


async def test_flux_and_its_invariants() -> None:
    emulator = DeepgramListenEmulator(Script(["a table for two"]), {"k"})
    async with open_emulator(emulator) as host:
        heard = await trio.to_thread.run_sync(listen_by_turns, host.url)
    assert isinstance(heard[0], ListenV2Connected)
    assert any(isinstance(message, ListenV2ConfigureSuccess) for message in heard)
    assert [message.sequence_id for message in heard] == list(range(len(heard)))
    turns = [message for message in heard if isinstance(message, ListenV2TurnInfo)]
    events = [turn.event for turn in turns]
    assert events.count("StartOfTurn") == events.count("EagerEndOfTurn") == events.count("EndOfTurn") == 1
    eager = events.index("EagerEndOfTurn")
    assert events[eager + 1] == "EndOfTurn"
    assert turns[eager].transcript == turns[eager + 1].transcript == "a table for two"
    assert [turn.turn_index for turn in turns] == [0] * (eager + 2) + [1] * (len(turns) - eager - 2)


async def test_nova() -> None:
    emulator = DeepgramListenEmulator(Script(["a table for two"]), {"k"})
    async with open_emulator(emulator) as host:
        heard = await trio.to_thread.run_sync(listen, host.url, "k")
        with pytest.raises((ApiError, InvalidStatus)) as caught:  # as the SDK knows its websockets, or not
            await trio.to_thread.run_sync(listen, host.url, "wrong")
    assert "401" in str(caught.value)
    finals = [
        message.channel.alternatives[0].transcript
        for message in heard
        if isinstance(message, ListenV1Results) and message.is_final
    ]
    assert finals == ["a table for two", ""]
    assert isinstance(heard[-1], ListenV1Metadata)
    assert emulator.controls == ["KeepAlive", "Finalize", "CloseStream"]
    assert bytes(emulator.script.audio[0]) == b"".join(SPOKEN)
