"""ElevenLabs' own SDK accepts the emulator of Scribe realtime."""

from __future__ import annotations

import asyncio
import gc
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from elevenlabs import AudioFormat, CommitStrategy, RealtimeEvents
from elevenlabs.realtime import ScribeRealtime
from websockets.exceptions import InvalidStatus

from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from aywa.emulators.scribe import ScribeEmulator
from tests.kit.stt_world import SILENCE, SPEECH

SPOKEN = [SPEECH * 5] * 12 + [SILENCE * 5] * 3  # pieces of 100 ms

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


async def transcribe(url: str, key: str) -> list[tuple[str, Any]]:
    connection = await ScribeRealtime(key, url.replace("http:", "ws:")).connect(
        {
            "model_id": "scribe_v2_realtime",
            "audio_format": AudioFormat.PCM_16000,
            "sample_rate": 16_000,
            "commit_strategy": CommitStrategy.MANUAL,
            "include_timestamps": True,
        }
    )
    heard: list[tuple[str, Any]] = []
    done = asyncio.Event()

    def take(event: RealtimeEvents) -> Any:
        def keep(data: Any) -> None:
            heard.append((event.value, data))
            if event is RealtimeEvents.COMMITTED_TRANSCRIPT_WITH_TIMESTAMPS:
                done.set()

        return keep

    for event in RealtimeEvents:
        if event is not RealtimeEvents.CLOSE:
            connection.on(event, take(event))
    for piece in SPOKEN:
        await connection.send({"audio_base_64": b64encode(piece).decode()})
    await connection.commit()
    async with asyncio.timeout(10):
        await done.wait()
    await connection.close()
    return heard


def run(url: str, key: str) -> list[tuple[str, Any]]:
    return asyncio.run(transcribe(url, key))


async def test_scribe() -> None:
    emulator = ScribeEmulator(Script(["a table for two"]), {"k"})
    async with open_emulator(emulator) as host:
        heard = await trio.to_thread.run_sync(run, host.url, "k")
        with pytest.raises(InvalidStatus, match="401"):
            await trio.to_thread.run_sync(run, host.url, "wrong")
    kinds = [kind for kind, _ in heard]
    assert "partial_transcript" in kinds
    assert "error" not in kinds
    (timed,) = [data for kind, data in heard if kind == "committed_transcript_with_timestamps"]
    assert timed["text"] == "a table for two"
    assert [word["text"] for word in timed["words"] if word["type"] == "word"] == ["a", "table", "for", "two"]
    assert bytes(emulator.script.audio[0]) == b"".join(SPOKEN)
