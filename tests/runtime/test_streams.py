"""A whole worker called over both streams: what is said is what is recorded, both ways, bit for bit."""

from __future__ import annotations

import struct
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from math import pi, sin
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soxr
import trio

from aywa.errors import EndCode
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.proto.audiosocket.frame import Kind
from aywa.runtime import Runtime, open_runtime
from aywa.settings import TransportSettings
from aywa.transports.opening import ASTERISK_WS, AUDIOSOCKET
from tests.kit.packets import left_out, place, spoken
from tests.kit.postgres import data_dir
from tests.kit.recordings import recording_path
from tests.kit.stream_peers import UUID_1, AudioSocketPeer, WebSocketPeer, connected
from tests.runtime.test_opening import settings_in

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.paired]
PASSWORD = "a-long-password-it-is"
PACKET_S = 0.02
ASSISTANT = 100  # packets of the assistant's that the caller hears before he speaks
CALLER = 200  # packets of the caller's
AT_LEAST = 10  # of them are recorded as they were sent, however late this process is


@dataclass(frozen=True, slots=True)
class Caller:
    """One side of a call: what he said, without the tone before it, and what he heard."""

    said: list[bytes]
    heard: bytes


def packets_of(name: str, rate_hz: int) -> list[bytes]:
    """A recording in packets of 20 ms."""
    with wave.open(str(recording_path(name))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    pcm = soxr.resample(samples, 8000, rate_hz).astype("<i2").tobytes()
    return spoken(pcm, round(rate_hz * PACKET_S) * 2)


async def talk(
    send: Callable[[bytes], Awaitable[None]], rate_hz: int, heard: Callable[[], bytes]
) -> list[bytes]:
    """A quiet tone until the assistant has spoken for two seconds, then speech, which is returned."""
    count = round(rate_hz * PACKET_S)
    tone = struct.pack(f"<{count}h", *(round(30 * sin(2 * pi * 440 * n / rate_hz)) for n in range(count)))
    said = packets_of("demo-congrats", rate_hz)[:CALLER]
    at = trio.current_time()
    with trio.fail_after(30):
        while len(spoken(heard(), 2 * count)) < ASSISTANT:
            await send(tone)
            at += PACKET_S
            await trio.sleep_until(at)
    for packet in said:
        await send(packet)
        at += PACKET_S
        await trio.sleep_until(at)
    return said


async def by_audiosocket(runtime: Runtime, callers: dict[str, Caller]) -> None:
    async with connected(runtime.transports.addresses[AUDIOSOCKET]) as stream, trio.open_nursery() as nursery:
        peer = AudioSocketPeer(stream)
        await peer.begin()
        nursery.start_soon(peer.read_to_end, 60)
        said = await talk(lambda packet: peer.send(Kind.AUDIO_8K, packet), 8000, peer.audio)
        await peer.send(Kind.KEY, b"5")
        await peer.send(Kind.HANGUP)
    callers[str(UUID_1)] = Caller(said, peer.audio())


async def by_websocket(runtime: Runtime, callers: dict[str, Caller]) -> None:
    async with connected(runtime.transports.addresses[ASTERISK_WS]) as stream, trio.open_nursery() as nursery:
        peer = WebSocketPeer(stream, as_json=True)
        await peer.shake_hands(password=PASSWORD)
        await peer.begin()
        nursery.start_soon(peer.read_to_end, 60)
        said = await talk(peer.send, 16_000, lambda: b"".join(peer.messages))
        await peer.tell("DTMF_END", digit="5", channel_id="17.9")
        await peer.close()
    callers["17.9"] = Caller(said, b"".join(peer.messages))


def channels(path: Path) -> tuple[bytes, bytes]:
    """The caller's and the assistant's samples, at the recording's own rate."""
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


async def test_what_is_said_in_a_stream_is_recorded_and_what_is_recorded_was_sent(data_dir: Path) -> None:
    """Silence is left out or doubled as the far side's stock demands: what is said between is compared."""
    transports = TransportSettings(audiosocket_port=0, ws_port=0, ws_password=PASSWORD)
    settings = replace(settings_in(data_dir), transports=transports)
    callers: dict[str, Caller] = {}
    async with open_runtime(settings, rng=Random(4)) as runtime:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(by_audiosocket, runtime, callers)
            nursery.start_soon(by_websocket, runtime, callers)
        with trio.fail_after(10):
            while runtime.live_calls():  # noqa: ASYNC110 - until their records are written
                await trio.sleep(0.05)
        assert runtime.gauges()["streams_open"] == 0
        assert runtime.stream_connections()["accepted"] == 2
        rows = {
            row.sip_call_id: row for row in await runtime.store.of(DEFAULT_ORGANIZATION).list_calls(limit=10)
        }
        missed = 0
        for call_id, caller in callers.items():
            row = rows[call_id]
            assert row.end_reason is not None
            assert row.end_reason.code is EndCode.CUSTOMER_HANGUP
            assert row.recording_path is not None
            up, down = channels(Path(row.recording_path))
            size = len(caller.said[0])
            heard = spoken(caller.heard, size)
            missed += left_out(spoken(down, size), heard)
            placed = place(caller.said, up)
            entries = await runtime.store.of(DEFAULT_ORGANIZATION).timeline(row.id)
            (stats,) = (entry.data for entry in entries if entry.kind == "media.stats")
            late = stats["recording_late_ms"] / 1000 / PACKET_S
            held_up = stats["gaps_over_40_ms"] * stats["max_gap_ms"] / 1000 / PACKET_S
            print(f"{call_id}: {placed}, late {late:.1f}, held up {held_up:.1f}; heard {len(heard)}")
            # What comes too late to be recorded is counted, and only where this process was held up does any;
            # where the leg then sets its clock anew, what comes is laid over the end of what came.
            assert placed.found >= AT_LEAST
            assert placed.missing <= late + placed.overlaid + placed.moves + 1
            assert late + placed.overlaid <= held_up + 1
            digits = [entry.data["digit"] for entry in entries if entry.kind == "media.digit"]
            assert digits == ["5"]
        assert missed * PACKET_S == pytest.approx(runtime.gauges()["stream_dropped_seconds"])
