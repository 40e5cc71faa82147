"""Legs together, through the engine and over RTP on a clock that the test turns."""

from __future__ import annotations

import numpy as np
import pytest

from aywa.media.format import PayloadFormat
from aywa.media.routing import Role
from tests.kit.room_rig import G722, OPUS, PCMA, PCMU, Audio, RoomRig, voice

TALK_S = 4.0
LATENCY_MS = 90  # from one phone's first sample to the other's ear; two packets of 20 ms are 40 of them
SILENT = 60.0  # of an amplitude of 4000: what G.711 and windows leave of a tone that is not there
TONES = {Role.CALLER: 400.0, Role.COLLEAGUE: 700.0, Role.GUEST: 1100.0, Role.LISTENER: 1500.0}


def match(heard: Audio, spoken: Audio, rate_hz: int, most_ms: int = 200) -> tuple[float, float]:
    """Delay in milliseconds and the correlation there, at the best fit."""
    most = most_ms * rate_hz // 1000
    count = min(len(heard) - most, len(spoken))
    found = [float(np.corrcoef(heard[at : at + count], spoken[:count])[0, 1]) for at in range(0, most, 2)]
    return 2 * int(np.argmax(found)) * 1000 / rate_hz, max(found)


@pytest.mark.parametrize("codec", [PCMU, PCMA], ids=["PCMU", "PCMA"])
def test_a_bridge_of_two_narrowband_phones_is_faithful_and_quick(codec: PayloadFormat) -> None:
    with RoomRig() as rig:
        first, second = rig.party(codec), rig.party(PCMU)
        rig.all_hear_all()
        said = voice(8000, TALK_S, 1), voice(8000, TALK_S, 2)
        first.say(said[0])
        second.say(said[1])
        rig.run(int(TALK_S * 1000) + 300)
        for listener, spoken in ((first, said[1]), (second, said[0])):
            delay_ms, likeness = match(listener.heard(), spoken, 8000)
            print(
                f"{codec.codec.value}: {delay_ms:.0f} ms after the packet was sent, correlation {likeness:.4f}"
            )
            assert likeness >= 0.95
            assert delay_ms <= LATENCY_MS


@pytest.mark.parametrize("codec", [G722, OPUS], ids=["G722", "OPUS"])
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_a_bridge_joins_phones_of_different_codecs(codec: PayloadFormat, rate_hz: int) -> None:
    with RoomRig(rate_hz=rate_hz) as rig:
        wide, narrow = rig.party(codec), rig.party(PCMU)
        rig.all_hear_all()
        said = voice(16000, TALK_S, 1), voice(8000, TALK_S, 2)
        wide.say(said[0])
        narrow.say(said[1])
        rig.run(int(TALK_S * 1000) + 300)
        for listener, spoken in ((wide, voice(16000, TALK_S, 2)), (narrow, voice(8000, TALK_S, 1))):
            delay_ms, likeness = match(listener.heard(), spoken, listener.rate_hz)
            print(f"{codec.codec.value} in {rate_hz}: {delay_ms:.0f} ms, correlation {likeness:.4f}")
            assert likeness >= (0.95 if codec is G722 else 0.7)  # Opus models the voice
            assert delay_ms <= LATENCY_MS + 10  # the codecs' own
