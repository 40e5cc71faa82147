"""A leg that is over gives its memory back at once; its figures stay, and the recording until it is read."""

from __future__ import annotations

import gc
import weakref
from random import Random

import pytest
import trio
import trio.lowlevel

from aywa.media.engine import open_media_engine
from aywa.media.format import Codec, PayloadFormat
from aywa.media.leg import LegParameters
from aywa.ports.capture import CaptureMode
from aywa.settings import MediaSettings
from tests.kit.engine_rig import FRAME, Rig, voiced
from tests.kit.formats import g711_format

_SMALL = 24 * 1024  # bytes of a leg without rings, format, hearing and reports


def test_the_figures_and_the_recording_stay_and_all_else_goes() -> None:
    with Rig(record=True, echo_guard=True, rtcp_fd=-1) as rig:
        rig.leg.write(voiced(4 * FRAME), 0)
        rig.talk(b"\x10" * 20 * FRAME)
        assert rig.remove()
        before = rig.leg.stats(), rig.leg.report_figures(), rig.leg.played, rig.leg.timeline, rig.leg.epoch
        assert before[0]["received"] == 20
        rig.leg.release()
        recorder = rig.leg.memory - _SMALL
        rig.leg.release()
        assert (
            rig.leg.stats(),
            rig.leg.report_figures(),
            rig.leg.played,
            rig.leg.timeline,
            rig.leg.epoch,
        ) == before
        assert rig.leg.read_uplink() == b""
        assert rig.leg.write(bytes(320), rig.leg.epoch) == 0
        frames = b""
        while piece := rig.leg.read_recording():
            frames += piece
        assert len(frames) // 4 == rig.leg.timeline
        assert recorder > 100_000, "it was there until it was read"
        assert rig.leg.memory < _SMALL
        assert rig.leg.read_recording() == b""


def test_what_is_asked_of_it_afterwards_harms_nothing() -> None:
    with Rig() as rig:
        rig.talk(b"\x10" * 5 * FRAME)
        assert rig.leg.read_uplink()
        end = rig.leg.uplink_end
        assert rig.remove()
        rig.leg.release()
        assert rig.leg.memory < _SMALL
        rig.leg.set_peer(0)
        rig.leg.mute(True)
        rig.leg.hold(True)
        rig.leg.listen_for_tones(True)
        rig.leg.flush()
        rig.leg.open_gate(3)
        assert rig.leg.mark(1)
        assert rig.leg.send_digit(1, 800)
        assert rig.leg.want_room() > 0
        rig.configure(ptime_ms=40)
        assert rig.leg.unplayed == 0
        assert rig.leg.uplink_end == end
        assert rig.leg.rate_hz == 8000


def test_a_leg_that_the_engine_has_is_not_released() -> None:
    with Rig() as rig:
        with pytest.raises(RuntimeError):
            rig.leg.release()
        rig.talk(b"\x10" * FRAME)
        assert rig.leg.stats()["received"] == 1


@pytest.mark.live
@pytest.mark.beside
@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.G722])
async def test_a_leg_of_a_running_engine_dies_with_its_last_user(codec: Codec) -> None:
    send = PayloadFormat(codec, 0 if codec is Codec.PCMU else 9)
    format = g711_format(0) if codec is Codec.PCMU else type(g711_format(0))(send=send, receive=(send,))
    parameters = LegParameters(("127.0.0.1", 9), format, 7, record=True, capture=CaptureMode.FULL)
    media = MediaSettings(rtp_port_min=34_000, rtp_port_max=38_999, port_quarantine_s=0.0)
    with trio.fail_after(20):
        async with open_media_engine(media, rng=Random(5)) as engine:
            gc.collect()
            gc.disable()
            try:
                async with engine.open_leg(parameters) as leg:
                    while leg.stats().sent < 3:
                        await leg.next_event() if leg._native.posted else await trio.lowlevel.checkpoint()
                    kept = len(leg.captured())
                assert len(leg.captured()) >= kept > 0
                assert leg.stats().sent >= 3
                while leg.read_recording():
                    pass
                assert leg._native.memory < _SMALL
                held = [weakref.ref(leg), weakref.ref(leg._native)]
                del leg
                assert [ref() for ref in held] == [None, None]
            finally:
                gc.enable()
