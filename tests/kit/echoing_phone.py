"""A phone beside whose receiver its microphone hears what the engine sent: late, and so much quieter."""

from __future__ import annotations

import numpy as np

from aywa._native.g711 import decode_ulaw, encode_ulaw
from tests.kit.echo_path import Samples
from tests.kit.engine_rig import FRAME, Rig

_TAPS = np.array([0.15, 0.9, -0.35, 0.12, -0.06, 0.03])


class EchoingPhone:
    """Answers each packet of a G.711 rig with its echo and what its user says."""

    def __init__(self, rig: Rig, delay_ms: float, loss_db: float) -> None:
        self._rig = rig
        self._gain = 10 ** (-loss_db / 20) / np.sqrt((_TAPS**2).sum())
        self._late = np.zeros(round(delay_ms * 8) + len(_TAPS) - 1)
        self.sent = np.zeros(0)

    def turn(self, said: Samples | None = None) -> None:
        """20 ms."""
        heard = b"".join(packet.payload for packet in self._rig.phone.heard() if len(packet.payload) == FRAME)
        pcm = np.frombuffer(decode_ulaw(heard or b"\xff" * FRAME), "<i2").astype(np.float64)
        self._late = np.concatenate([self._late, pcm])
        back = np.convolve(self._late[: FRAME + len(_TAPS) - 1], _TAPS, "valid")[:FRAME] * self._gain
        self._late = self._late[len(pcm) :]
        spoken = back if said is None else back + said
        wave = np.clip(np.rint(spoken), -32768, 32767).astype("<i2")
        self.sent = np.concatenate([self.sent, wave])
        self._rig.phone.say(encode_ulaw(wave.tobytes()))
        self._rig.step()
