"""Timestamps for a stream that has none: pauses are found, hold-ups are not taken for pauses."""

from __future__ import annotations

from random import Random

import pytest

from aywa.transports.media_clock import MediaClock

RATE, FRAME = 8000, 160


def pauses(clock: MediaClock, reads: list[tuple[float, int]]) -> list[int]:
    """The pause before each read of so many frames."""
    return [clock.pause_before(now, frames * FRAME) for now, frames in reads]


def test_a_steady_stream_has_no_pause() -> None:
    rng = Random(1)
    reads = [(5 + 0.02 * number + rng.uniform(0, 0.03), 1) for number in range(3000)]
    assert not any(pauses(MediaClock(RATE), reads))


def test_silence_suppression_is_a_pause_of_its_length() -> None:
    clock = MediaClock(RATE)
    reads = [(0.02 * number, 1) for number in range(100)]
    reads += [(0.02 * number, 1) for number in range(350, 400)]
    found = pauses(clock, reads)
    assert [number for number, pause in enumerate(found) if pause] == [100]
    assert found[100] == pytest.approx(250 * FRAME, abs=FRAME)


@pytest.mark.parametrize("frames", [10, 50, 200])
def test_what_was_held_up_comes_at_once_and_is_no_pause(frames: int) -> None:
    clock = MediaClock(RATE)
    before = [(0.02 * number, 1) for number in range(100)]
    held = (0.02 * (100 + frames - 1), frames)
    after = [(0.02 * number, 1) for number in range(100 + frames, 300 + frames)]
    assert not any(pauses(clock, [*before, held, *after]))


def test_a_sender_who_was_held_up_catches_up_frame_by_frame() -> None:
    clock = MediaClock(RATE)
    before = [(0.02 * number, 1) for number in range(100)]
    late = [(max(0.02 * number, 2.4 + 0.001 * (number - 100)), 1) for number in range(100, 300)]
    assert not any(pauses(clock, [*before, *late]))


def test_the_first_frame_may_be_late() -> None:
    """A late first frame sets the clock too late; the next, on time, put it right, and no pause is missed."""
    clock = MediaClock(RATE)
    found = pauses(clock, [(0.5, 1), (0.52, 26), (0.54, 1), (2.54, 1)])
    assert found[:3] == [0, 0, 0]
    assert found[3] == pytest.approx(2 * RATE - FRAME, abs=2 * FRAME)


@pytest.mark.parametrize("ppm", [-300, 300])
def test_a_far_clock_that_runs_otherwise_is_no_pause(ppm: int) -> None:
    reads = [(0.02 * number * (1 + ppm / 1e6), 1) for number in range(90_000)]
    assert not any(pauses(MediaClock(RATE), reads))
