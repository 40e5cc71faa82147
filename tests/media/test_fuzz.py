"""Mutated RTP through the whole engine in every format: it counts them; afterwards all legs hear and speak.

`AYWA_FUZZ_PACKETS` sets how many; `python -m bench fuzz` sends the million.
"""

from __future__ import annotations

import os

import numpy as np

from tests.kit.rtp_fuzz import HostileRig, vowel_at

PACKETS = int(os.environ.get("AYWA_FUZZ_PACKETS", "200000"))
FAITHFUL, OPUS_FAITHFUL = 0.95, 0.75  # Opus models the voice


def likeness(heard: bytes, rate_hz: int) -> float:
    """The largest correlation of the end of what was heard with the vowel, over one period."""
    sound = np.frombuffer(heard, "<i2").astype(np.float64)[-rate_hz // 4 :]
    vowel = np.frombuffer(vowel_at(rate_hz, 50), "<i2").astype(np.float64)
    windows = (vowel[at : at + len(sound)] for at in range(rate_hz // 125))
    return max(float(np.corrcoef(sound, window)[0, 1]) for window in windows)


def test_mutated_packets_in_every_format_do_not_harm_a_leg() -> None:
    with HostileRig(seed=20261121) as rig:
        rig.attack(PACKETS)
        rig.tick(20)
        fates = rig.fates()
        print(f"{rig.sent} packets: {dict(fates)}, events {dict(rig.events)}")
        # The fuzz is worth something only if it reaches every verdict and most packets reach a codec.
        assert all(fates.values())
        assert rig.sent // 2 < fates["received"] < rig.sent * 4 // 5
        # A packet is kept aside, uncounted, until a second one confirms its jump.
        assert rig.sent * 9 // 10 < sum(fates.values()) <= rig.sent
        assert rig.engine.figures()["formats"] == 0
        for peer in rig.peers:
            before = peer.leg.stats()
            rig.recover(peer)
            heard, answered = rig.hear(peer, packets=60), rig.answer(peer, packets=60)
            after = peer.leg.stats()
            name = f"{peer.format.send}, {peer.format.srtp}"
            least = OPUS_FAITHFUL if peer.format.send.payload_type == 111 else FAITHFUL
            assert likeness(heard, 16000) > least, name
            assert likeness(answered, peer.leg.rate_hz) > least, name
            assert after["send_errors"] == before["send_errors"], name
