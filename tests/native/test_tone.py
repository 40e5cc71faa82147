"""Keys sent as tones: frequencies and levels by a spectrum, lengths at the sample, heard by the detector."""

from __future__ import annotations

import numpy as np
import pytest

from aywa._native.goertzel import ToneListener
from aywa._native.tone import ToneTransmitter
from tests.kit.oracles.tones import COLUMNS, ROWS, levels_dbm0, place, slow_listener


def press(
    event: int, duration: int, pause: int = 0, rate_hz: int = 8000, level_dbm0: int = -8, step: int = 160
) -> bytes:
    sender = ToneTransmitter()
    sender.start(event, duration, pause, rate_hz, level_dbm0)
    pcm = b""
    while part := sender.next(step):
        pcm += part
    return pcm


@pytest.mark.parametrize("event", range(16))
@pytest.mark.parametrize("level", [-3, -8, -20])
def test_frequencies_and_levels(event: int, level: int) -> None:
    row, column = place(event)
    (low_hz, low), (high_hz, high) = levels_dbm0(press(event, 4000, level_dbm0=level))
    assert (low_hz, high_hz) == (pytest.approx(ROWS[row], rel=1e-3), pytest.approx(COLUMNS[column], rel=1e-3))
    assert (low, high) == (pytest.approx(level - 2, abs=0.1), pytest.approx(level, abs=0.1))


@pytest.mark.parametrize("event", range(16))
def test_16_khz_is_the_same_tone(event: int) -> None:
    wide = np.frombuffer(press(event, 1600, 0, 16000, step=320), "<i2")[::2].astype(int)
    narrow = np.frombuffer(press(event, 800), "<i2").astype(int)
    assert np.abs(wide - narrow)[16:-16].max() <= 1


@pytest.mark.parametrize("step", [80, 160, 37, 480, 4800])
def test_lengths_are_exact_and_the_ends_are_ramps(step: int) -> None:
    pcm = press(5, 1000, 333, step=step)
    assert pcm == press(5, 1000, 333)
    samples = np.frombuffer(pcm, "<i2").astype(int)
    assert len(samples) == 1333
    assert not samples[1000:].any()
    assert samples[990:1000].any()
    assert np.abs(samples[[0, 1, 998, 999]]).max() < 2000
    assert np.abs(samples).max() > 12000


def test_what_is_sent_is_heard() -> None:
    pcm, expected = bytes(800), []
    for event in range(16):
        expected.append((event, len(pcm) // 2))
        pcm += press(event, 560 + 20 * event, 400)
    listener, found = ToneListener(), []
    for at in range(0, len(pcm) + 3200, 320):
        found += listener.frame(pcm[at : at + 320].ljust(320, b"\0"), at // 2)
    assert (
        [event for event, _, _ in found] == [event for event, _, _ in slow_listener(pcm)] == list(range(16))
    )
    for (_, start, samples), (event, begin) in zip(found, expected, strict=True):
        assert abs(start - begin) <= 24
        assert abs(samples - 560 - 20 * event) <= 40


def test_one_press_at_a_time() -> None:
    sender = ToneTransmitter()
    assert sender.next(160) == b""
    sender.start(1, 100, 100)
    with pytest.raises(ValueError, match="being sent"):
        sender.start(2, 100, 100)
    assert len(sender.next(160) + sender.next(160)) == 400
    sender.start(2, 1, 0)
    assert len(sender.next(160)) == 2


@pytest.mark.parametrize(
    ("event", "duration", "pause", "rate", "level"),
    [
        (16, 1, 0, 8000, -8),
        (-1, 1, 0, 8000, -8),
        (1, 0, 0, 8000, -8),
        (1, 1, -1, 8000, -8),
        (1, 1, 0, 48000, -8),
        (1, 1, 0, 8000, -2),
        (1, 1, 0, 8000, -41),
    ],
)
def test_impossible_presses_are_refused(event: int, duration: int, pause: int, rate: int, level: int) -> None:
    with pytest.raises(ValueError, match="a press has"):
        ToneTransmitter().start(event, duration, pause, rate, level)


@pytest.mark.parametrize("samples", [-1, 4801])
def test_impossible_lengths_are_refused(samples: int) -> None:
    with pytest.raises(ValueError, match="samples lie"):
        ToneTransmitter().next(samples)
