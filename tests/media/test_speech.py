"""Confirmed speech on recorded words: how soon, how exact, and what does not count as speech."""

from __future__ import annotations

import math
from array import array
from random import Random

import pytest

from aywa._native.speech import SpeechMonitor
from tests.kit.engine_rig import FRAME, samples_of
from tests.kit.recordings import read_recording, require_recordings

WORDS = [f"digits/{n}" for n in range(20)] + [
    "goodbye",
    "hello",
    "cancelled",
    "digits/today",
    "digits/tomorrow",
]
AUDIBLE = 328  # 1 % of full scale


def spoken() -> list[list[int]]:
    require_recordings()
    found = []
    for name in WORDS:
        try:
            samples = samples_of(read_recording(name))
        except FileNotFoundError:
            continue
        onset = next(at for at, sample in enumerate(samples) if abs(sample) >= AUDIBLE)
        found.append(list(samples[onset : onset + 4800]))
    assert len(found) >= 5
    return found


def noise(rng: Random, samples: int, rms: float) -> list[int]:
    return [int(rng.gauss(0, rms)) for _ in range(samples)]


def monitor(samples: list[int], *, stop_ms: int = 400) -> list[tuple[int, str, int]]:
    """(frame index, what, sample) for everything found."""
    detector = SpeechMonitor(1, 34, stop_ms)
    found = []
    for index in range(len(samples) // FRAME):
        frame = array("h", samples[index * FRAME : (index + 1) * FRAME]).tobytes()
        verdict = detector.receive(frame, index * FRAME)
        if verdict is not None:
            found.append((index, *verdict))
    return found


@pytest.mark.parametrize("background", [0.0, 20.0])
def test_words_are_confirmed_in_the_third_packet_at_the_latest(background: float) -> None:
    rng = Random(1)
    packets = []
    for word in spoken():
        for offset in (0, 40, 80, 120):
            lead = 40 * FRAME + offset
            samples = noise(rng, lead, background) + word + [0] * 8000
            frame, what, onset = monitor(samples)[0]
            assert what == "started"
            packets.append(frame - 40)
            assert abs(onset - lead) <= 0.05 * 8000
    # The rest are words that begin with a closed or a whispered sound ("one", "sixteen").
    assert sum(packet <= 2 for packet in packets) >= 0.9 * len(packets)
    assert max(packets) <= 6


def test_clicks_under_30_ms_and_background_noise_are_not_speech() -> None:
    rng = Random(2)
    for length_ms in (5, 15, 25, 29):
        for amplitude in (1000, 8000, 30000):
            for offset in range(0, FRAME, 31):
                lead = noise(rng, 30 * FRAME + offset, 5)
                burst = [
                    int(amplitude * math.sin(2 * math.pi * 700 * at / 8000)) for at in range(8 * length_ms)
                ]
                assert monitor(lead + burst + noise(rng, 4000, 5)) == []
    for rms in (10, 50, 200, 400):
        assert monitor(noise(rng, 80_000, rms)) == []


def test_speech_stops_once_after_the_hang_over_at_the_end_of_the_word() -> None:
    for word in spoken():
        found = monitor([0] * 8000 + word + [0] * 8000)
        assert [what for _, what, _ in found] == ["started", "stopped"]
        end = 8000 + max(at for at, sample in enumerate(word) if abs(sample) >= AUDIBLE)
        assert abs(found[1][2] - end) <= 0.04 * 8000
        assert found[1][0] * FRAME >= found[1][2] + 3200 - 2 * FRAME
