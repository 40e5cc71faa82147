"""Cartesia's own SDK accepts the emulators of both of its recognisers."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from cartesia import Cartesia
from websockets.exceptions import InvalidStatus

from aywa.emulators.cartesia_ink import CartesiaInkEmulator
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


def by_hand(url: str, key: str) -> list[Any]:
    client = Cartesia(api_key=key, base_url=url)
    heard: list[Any] = []
    with client.stt.manual_finalize.websocket(
        encoding="pcm_s16le", model="ink-2", sample_rate=16_000
    ) as connection:
        for piece in SPOKEN:
            connection.send_raw(piece)
        connection.send_raw("finalize")
        for message in connection:
            heard.append(message)
            if message.type == "flush_done":
                break
    return heard


def by_turns(url: str) -> list[Any]:
    client = Cartesia(api_key="k", base_url=url)
    heard: list[Any] = []
    with client.stt.auto_finalize.websocket(
        encoding="pcm_s16le", model="ink-2", sample_rate=16_000
    ) as connection:
        for piece in SPOKEN:
            connection.send_raw(piece)
        for message in connection:
            heard.append(message)
            if message.type == "turn.end":
                break
    return heard


async def test_both() -> None:
    emulator = CartesiaInkEmulator(Script(["a table for two", "at eight"]), {"k"})
    async with open_emulator(emulator) as host:
        heard = await trio.to_thread.run_sync(by_hand, host.url, "k")
        turns = await trio.to_thread.run_sync(by_turns, host.url)
        with pytest.raises(InvalidStatus, match="401"):
            await trio.to_thread.run_sync(by_hand, host.url, "wrong")
    finals = [message.text for message in heard if message.type == "transcript" and message.is_final]
    assert "".join(finals) == "a table for two"
    assert [message.type for message in turns if message.type != "turn.update"] == [
        *("connected", "turn.start", "turn.eager_end", "turn.end")
    ]
    assert turns[-1].transcript == "at eight"
    assert bytes(emulator.script.audio[1]) == b"".join(SPOKEN)
