"""A whole worker called over both streams: what is said in them is what is recorded, both ways.

Streams are paced by Trio, in real time: run it on a quiet machine,
`make test T=tests/runtime/streams_live.py`.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Awaitable, Callable
from dataclasses import replace
from math import pi, sin
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soxr
import trio

from aywa.errors import EndCode
from aywa.proto.audiosocket.frame import Kind
from aywa.runtime import Runtime, open_runtime
from aywa.settings import TransportSettings
from aywa.transports.opening import ASTERISK_WS, AUDIOSOCKET
from tests.kit.correlation import best_match, load
from tests.kit.interop import require
from tests.kit.postgres import data_dir
from tests.kit.recordings import recording_path
from tests.kit.stream_peers import AudioSocketPeer, WebSocketPeer, connected
from tests.runtime.test_opening import settings_in

__all__ = ["data_dir"]
pytestmark = pytest.mark.live
PASSWORD = "a-long-password-it-is"
TALK_S = 7.0
FAITHFUL = 0.99


def frames_of(name: str, rate_hz: int) -> list[bytes]:
    """A recording in frames of 20 ms."""
    with wave.open(str(recording_path(name))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    pcm = soxr.resample(samples, 8000, rate_hz).astype("<i2").tobytes()
    size = rate_hz // 50 * 2
    return [pcm[start : start + size] for start in range(0, len(pcm) - size, size)]


async def talk(send: Callable[[bytes], Awaitable[None]], rate_hz: int) -> None:
    """Half a second of a quiet tone, then speech, 20 ms at a time."""
    count = rate_hz // 50
    tone = struct.pack(f"<{count}h", *(round(30 * sin(2 * pi * 440 * n / rate_hz)) for n in range(count)))
    frames = [tone] * 25 + frames_of("demo-congrats", rate_hz)
    began = trio.current_time()
    for number, frame in enumerate(frames[: int(TALK_S * 50)]):
        await trio.sleep_until(began + 0.02 * number)
        await send(frame)


def write(path: Path, pcm: bytes, rate_hz: int) -> Path:
    """A mono WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm)
    return path


async def by_audiosocket(runtime: Runtime, heard: dict[str, tuple[bytes, int]]) -> None:
    async with connected(runtime.transports.addresses[AUDIOSOCKET]) as stream, trio.open_nursery() as nursery:
        peer = AudioSocketPeer(stream)
        await peer.begin()
        nursery.start_soon(peer.read_to_end, 30)
        await talk(lambda frame: peer.send(Kind.AUDIO_8K, frame), 8000)
        await peer.send(Kind.KEY, b"5")
        await peer.send(Kind.HANGUP)
    heard["11111111-2222-3333-4444-555555555555"] = (peer.audio(), 8000)


async def by_websocket(runtime: Runtime, heard: dict[str, tuple[bytes, int]]) -> None:
    async with connected(runtime.transports.addresses[ASTERISK_WS]) as stream, trio.open_nursery() as nursery:
        peer = WebSocketPeer(stream, as_json=True)
        await peer.shake_hands(password=PASSWORD)
        await peer.begin()
        nursery.start_soon(peer.read_to_end, 30)
        await talk(peer.send, 16_000)
        await peer.tell("DTMF_END", digit="5", channel_id="17.9")
        await peer.close()
    heard["17.9"] = (b"".join(peer.messages), 16_000)


async def test_what_is_said_in_a_stream_is_recorded_and_what_is_recorded_was_sent(
    data_dir: Path, tmp_path: Path
) -> None:
    require("sox")
    transports = TransportSettings(audiosocket_port=0, ws_port=0, ws_password=PASSWORD)
    settings = replace(settings_in(data_dir), transports=transports)
    heard: dict[str, tuple[bytes, int]] = {}
    async with open_runtime(settings, rng=Random(4)) as runtime:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(by_audiosocket, runtime, heard)
            nursery.start_soon(by_websocket, runtime, heard)
        with trio.fail_after(10):
            while runtime.live_calls():  # noqa: ASYNC110 - until their records are written
                await trio.sleep(0.05)
        assert runtime.gauges()["streams_open"] == 0
        assert runtime.stream_connections()["accepted"] == 2
        rows = {row.sip_call_id: row for row in await runtime.store.list_calls(limit=10)}
        said = load(recording_path("demo-congrats"))[: int(TALK_S * 8000) - 8000]
        for call_id, (pcm, rate_hz) in heard.items():
            row = rows[call_id]
            assert row.end_reason is not None
            assert row.end_reason.code is EndCode.CUSTOMER_HANGUP
            assert row.recording_path is not None
            recording = Path(row.recording_path)
            up = best_match(said, load(recording, channel=1)).likeness
            down = best_match(
                load(recording, channel=2), load(write(tmp_path / "heard.wav", pcm, rate_hz))
            ).likeness
            print(f"{call_id}: the caller is heard as {up:.4f}, the assistant as {down:.4f}")
            assert min(up, down) > FAITHFUL
            entries = await runtime.store.timeline(row.id)
            digits = [entry.data["digit"] for entry in entries if entry.kind == "media.digit"]
            assert digits == ["5"]
