"""What a caller's phone does not send: comfort noise, silence suppression, DTX; and clocks that jump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aywa._native import g711
from aywa._native.codec import NativeCodec
from aywa.media.events import SpeechStarted, SpeechStopped
from aywa.media.format import Codec, MediaFormat, PayloadFormat
from tests.kit.echo_path import Samples
from tests.kit.engine_rig import FRAME, Rig, voiced
from tests.kit.formats import g711_format

NOISE = 13
FORMAT = replace(g711_format(0, 101), comfort_noise=(NOISE,))
QUIET, LOUD = b"\xff" * FRAME, b"\x90" * FRAME
SPEECH = g711.encode_ulaw(voiced(8000))


def _left(rig: Rig) -> Samples:
    frames = b""
    while piece := rig.leg.read_recording():
        frames += piece
    return np.frombuffer(frames, "<i2")[::2].astype(np.float64)


def _heard(rig: Rig) -> int:
    """Samples of 8 kHz for the recogniser."""
    count = 0
    while piece := rig.leg.read_uplink():
        count += len(piece) // 4
    return count


def _noise(rig: Rig, level: int, advance: int = FRAME) -> None:
    rig.phone.send(rig.phone.packet(bytes([level]), payload_type=NOISE, advance=advance))


@pytest.mark.parametrize("level", [30, 45, 60])
def test_comfort_noise_fills_the_recording_and_nothing_else(level: int) -> None:
    with Rig(format=FORMAT, record=True, barge_in=False) as rig:
        rig.talk(QUIET * 20)
        before = _heard(rig)
        _noise(rig, level, advance=100 * FRAME)
        rig.step(100)
        assert _heard(rig) == 0
        assert not [event for event in rig.events if isinstance(event, SpeechStarted)]
        rig.talk(LOUD * 30)
        assert (before, _heard(rig)) == (20 * FRAME, 30 * FRAME)
        stats = rig.leg.stats()
        assert (stats["lost"], stats["concealed"], stats["late"]) == (0, 0, 0)
        left = _left(rig)
        noise = left[22 * FRAME : 118 * FRAME]
        expected = 32767 * 10 ** (-level / 20)
        assert 20 * np.log10(np.sqrt((noise**2).mean()) / expected) == pytest.approx(0, abs=1)
        assert (left[120 * FRAME : 135 * FRAME] == np.frombuffer(g711.decode_ulaw(b"\x90"), "<i2")[0]).all()


def test_noise_packets_at_the_pace_of_audio_end_speech() -> None:
    with Rig(format=FORMAT, barge_in=False) as rig:
        rig.talk(QUIET * 15 + SPEECH)
        assert [event for event in rig.events if isinstance(event, SpeechStarted)]
        assert not [event for event in rig.events if isinstance(event, SpeechStopped)]
        for _ in range(40):
            _noise(rig, 50)
            rig.step()
        assert len([event for event in rig.events if isinstance(event, SpeechStopped)]) == 1


def test_a_packet_lost_in_the_silence_is_no_hole_in_speech() -> None:
    with Rig(format=FORMAT, record=True, barge_in=False) as rig:
        rig.talk(LOUD * 10)
        _noise(rig, 60, advance=20 * FRAME)
        rig.step(20)
        rig.phone.packet(bytes([60]), payload_type=NOISE)  # lost
        rig.step()
        rig.talk(LOUD * 10)
        stats = rig.leg.stats()
        assert (stats["lost"], stats["concealed"]) == (1, 0)
        assert _heard(rig) == 20 * FRAME


def test_a_muted_leg_records_no_noise() -> None:
    with Rig(format=FORMAT, record=True) as rig:
        rig.talk(QUIET * 5)
        rig.leg.mute(True)
        _noise(rig, 30)
        rig.step(50)
        assert not _left(rig).any()


@pytest.mark.parametrize("gap", [1, 5, 40, 300])
def test_suppressed_silence_is_no_loss(gap: int) -> None:
    """The timestamp jumps, the sequence does not (RFC 3551 section 4.1)."""
    with Rig(record=True, barge_in=False) as rig:
        rig.talk(LOUD * 10)
        rig.phone.timestamp += gap * FRAME
        found = np.zeros(0)
        for _ in range(gap):
            rig.step()
            found = np.concatenate([found, _left(rig)])
        rig.talk(LOUD * 10)
        rig.step(15)
        stats = rig.leg.stats()
        assert (stats["lost"], stats["concealed"], stats["source_changes"]) == (0, 0, 0)
        loud = np.flatnonzero(np.concatenate([found, _left(rig)]))
        assert len(loud) == 20 * FRAME
        assert loud[10 * FRAME] - loud[10 * FRAME - 1] == gap * FRAME + 1


def test_opus_sends_nothing_in_silence_and_loses_nothing() -> None:
    codec = PayloadFormat(Codec.OPUS, 96, 48000, dtx=True)
    with Rig(format=MediaFormat(send=codec, receive=(codec,)), record=True, barge_in=False) as rig:
        source = NativeCodec("opus", 16000, 48000, dtx=True)
        silent = 0
        for _ in range(150):
            payload = source.encode(bytes(640))
            if len(payload) > 0:
                rig.phone.send(rig.phone.packet(payload, payload_type=96, advance=0))
            silent += not payload
            rig.phone.timestamp += 960
            rig.step()
            _heard(rig)
        assert silent > 50
        stats = rig.leg.stats()
        assert (stats["lost"], stats["concealed"], stats["late"], stats["malformed"]) == (0, 0, 0, 0)
        assert not [event for event in rig.events if isinstance(event, SpeechStarted)]


def _jump(samples: int) -> Callable[[Rig], None]:
    def happen(rig: Rig) -> None:
        rig.phone.timestamp += samples

    return happen


def _other_source(rig: Rig) -> None:
    rig.phone.ssrc, rig.phone.sequence, rig.phone.timestamp = 0x9999, 40_000, 77


def _sequence_jump(rig: Rig) -> None:
    rig.phone.sequence += 20_000


@pytest.mark.parametrize(
    ("happen", "changes"),
    [
        (_jump(2**31 - 5), 0),
        (_jump(-(2**31) + 5), 0),
        (_jump(80_000), 0),
        (_jump(-80_000), 0),
        (_other_source, 1),
        (_sequence_jump, 1),
    ],
    ids=["half the clock", "half the clock back", "10 s", "10 s back", "another source", "a sequence jump"],
)
def test_after_a_jump_audio_is_recorded_when_it_arrives(happen: Callable[[Rig], None], changes: int) -> None:
    with Rig(record=True, barge_in=False) as rig:
        rig.talk(QUIET * 40)
        happen(rig)
        rig.talk(QUIET * 5)
        at = rig.leg.timeline
        recorded = _left(rig)
        rig.talk(LOUD * 20)
        rig.step(15)
        loud = np.flatnonzero(np.concatenate([recorded, _left(rig)]))
        assert abs(loud[0] - at) <= FRAME
        assert len(loud) == 20 * FRAME
        assert rig.leg.stats()["source_changes"] == changes


@pytest.mark.parametrize("start", [2**32 - 5 * FRAME, 2**31 - 5 * FRAME, 0])
@pytest.mark.parametrize("sequence", [65_530, 32_760, 0])
def test_clocks_that_wrap_leave_no_seam(start: int, sequence: int) -> None:
    with Rig(record=True, barge_in=False) as rig:
        rig.phone.timestamp, rig.phone.sequence = start, sequence
        rig.talk(LOUD * 60)
        rig.step(15)
        loud = np.flatnonzero(_left(rig))
        assert len(loud) == 60 * FRAME
        assert loud[-1] - loud[0] == 60 * FRAME - 1
        assert rig.leg.stats()["lost"] == 0
