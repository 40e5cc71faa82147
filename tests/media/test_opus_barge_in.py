"""An interruption on an Opus leg: what the codec would draw out is not heard either."""

from __future__ import annotations

import numpy as np
import pytest

from aywa._native import g711
from aywa._native.codec import NativeCodec
from aywa.media.events import GateClosed
from aywa.media.format import MediaFormat
from tests.kit.engine_rig import FRAME, Rig, voiced
from tests.kit.room_rig import OPUS, PCMU, voice

AUDIBLE = 328  # -40 dBFS
FORMAT = MediaFormat(send=OPUS, receive=(OPUS, PCMU))


@pytest.mark.parametrize("seed", range(6))
def test_after_the_gate_is_closed_nothing_of_the_speech_is_left(seed: int) -> None:
    ear = NativeCodec("opus", 16000, 48000, sends=False)
    with Rig(format=FORMAT) as rig:
        said = voice(16000, 3.0, seed)
        codes = g711.encode_ulaw(voiced(8000))
        closed, later = False, []
        for turn in range(60):
            rig.leg.write(said[640 * turn : 640 * turn + 640].tobytes(), 0)
            rig.phone.say(codes[FRAME * turn : FRAME * turn + FRAME] if 30 <= turn < 50 else b"\xff" * FRAME)
            rig.step()
            for packet in rig.phone.heard():
                pcm = np.frombuffer(ear.decode(packet.payload), np.int16).astype(int)
                if closed:
                    later.append(pcm)
            closed = closed or any(isinstance(event, GateClosed) for event in rig.take_events())
        assert closed
        loud = np.flatnonzero(np.abs(np.concatenate(later)) >= AUDIBLE)
        assert not len(loud) or loud[-1] < 16 * 27  # it dies away in 20 ms, and Opus is 6.5 ms behind
