"""Whether a mailbox answered: a beep behind speech, and nothing that only sounds like one."""

from __future__ import annotations

import numpy as np
import pytest

from aywa.call.machine_ear import MachineEar
from tests.kit.room_rig import voice

RATE_HZ = 16000


def tones(*hz: float, seconds: float) -> bytes:
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    total = sum(np.sin(2 * np.pi * each * at) for each in hz) * 6000 / len(hz)
    return np.asarray(total, np.int16).tobytes()


def heard(*pieces: bytes, spoken: bool) -> int:
    """How often a machine is suspected in this audio."""
    suspected: list[None] = []
    ear = MachineEar(lambda: suspected.append(None))
    if spoken:
        ear.speech_started(0)
    pcm, at = b"".join((*pieces, bytes(2 * RATE_HZ))), 0
    for start in range(0, len(pcm), 640):
        piece = pcm[start : start + 640]
        at += len(piece) // 4
        ear.feed(piece, at)
    return len(suspected)


SPEECH = voice(RATE_HZ, 3.0, 4).tobytes()
PAUSE = bytes(RATE_HZ)


@pytest.mark.parametrize("hz", [600.0, 1000.0, 1400.0])
def test_a_beep_behind_speech(hz: float) -> None:
    assert heard(SPEECH, PAUSE, tones(hz, seconds=0.5), spoken=True) == 1


def test_it_is_said_once() -> None:
    assert heard(SPEECH, PAUSE, *2 * (tones(1000.0, seconds=0.5), PAUSE, SPEECH), spoken=True) == 1


@pytest.mark.parametrize(
    "pieces",
    [(SPEECH, PAUSE, SPEECH), (SPEECH, PAUSE, tones(697.0, 1209.0, seconds=0.2)), (PAUSE, PAUSE)],
    ids=["speech", "the key 1", "silence"],
)
def test_what_is_no_beep(pieces: tuple[bytes, ...]) -> None:
    assert heard(*pieces, spoken=True) == 0


def test_a_tone_before_anybody_spoke_is_the_networks() -> None:
    assert heard(tones(425.0, seconds=0.5), PAUSE, spoken=False) == 0
