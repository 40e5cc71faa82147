"""AssemblyAI's own SDK accepts the emulator of its streaming recogniser."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
)

from aywa.emulators.assemblyai import AssemblyAiEmulator
from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from tests.kit.stt_world import SILENCE, SPEECH

SPOKEN = [SPEECH * 5] * 12 + [SILENCE * 5] * 8  # pieces of 100 ms

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


def listen(url: str, key: str, pieces: list[bytes]) -> list[Any]:
    heard: list[Any] = []
    host = url.replace("http:", "ws:")
    client = StreamingClient(StreamingClientOptions(api_key=key, api_host=host, max_connection_retries=0))
    for event in StreamingEvents:
        client.on(event, lambda _, found: heard.append(found))
    client.connect(StreamingParameters(sample_rate=16_000, format_turns=True))
    for piece in pieces:
        client.stream(piece)
    client.disconnect(terminate=True)
    return heard


async def test_turns() -> None:
    emulator = AssemblyAiEmulator(Script(["a table for two"]), {"k"})
    async with open_emulator(emulator) as host:
        heard = await trio.to_thread.run_sync(listen, host.url, "k", SPOKEN)
        refused = await trio.to_thread.run_sync(listen, host.url, "wrong", [])
        short = await trio.to_thread.run_sync(listen, host.url, "k", [SPEECH])
    kinds = [message.type for message in heard]
    assert kinds[0] == "Begin"
    assert kinds[-1] == "Termination"
    ends = [
        (turn.transcript, turn.turn_is_formatted) for turn in heard if getattr(turn, "end_of_turn", False)
    ]
    assert ends == [("a table for two", False), ("a table for two", True)]
    assert bytes(emulator.script.audio[0]) == b"".join(SPOKEN)
    assert "Begin" not in [getattr(message, "type", "") for message in refused]
    assert 3007 in [getattr(message, "code", getattr(message, "error_code", 0)) for message in short]
