"""Latency and barge-in, read off waveforms whose truth is known."""

import numpy as np
import pytest

from aywa.caller.measure import (
    PlayedClip,
    at_phone_rate,
    first_audible,
    last_audible,
    measure_turns,
    percentile,
)

_MS = 8


def _track(length_ms: int, *spans: tuple[int, int]) -> np.ndarray:
    track = np.zeros(length_ms * _MS, dtype=np.int16)
    for start, stop in spans:
        length = (stop - start) * _MS
        track[start * _MS : stop * _MS] = 3000 * np.sign(
            np.sin(2 * np.pi * 200 * np.arange(length) / 8000 + 0.1)
        )
    return track


def test_latency_runs_from_the_last_spoken_sample_to_the_first_heard_one() -> None:
    sent = _track(4000, (1000, 1500))
    received = _track(4000, (0, 600), (2120, 3000))
    clip = PlayedClip("friday", 900 * _MS, 1700 * _MS)
    (turn,) = measure_turns(received, sent, [clip])
    assert (turn.speech_start_ms, turn.speech_stop_ms) == (1000, 1500)
    assert turn.latency_ms == pytest.approx(620, abs=2)
    assert turn.barge_in_ms is None


def test_barge_in_runs_from_the_first_spoken_sample_to_the_last_heard_one() -> None:
    sent = _track(4000, (1000, 1400))
    received = _track(4000, (200, 1044), (2000, 2600))
    (turn,) = measure_turns(received, sent, [PlayedClip("stop", 1000 * _MS, 1400 * _MS, interrupts=True)])
    assert turn.barge_in_ms == pytest.approx(44, abs=2)
    assert turn.latency_ms == pytest.approx(600, abs=2)


def test_a_pause_between_words_does_not_end_the_other_side() -> None:
    sent = _track(4000, (1000, 1400))
    received = _track(4000, (200, 980), (1150, 1300), (2500, 2600))
    (turn,) = measure_turns(received, sent, [PlayedClip("stop", 1000 * _MS, 1400 * _MS, interrupts=True)])
    assert turn.barge_in_ms == pytest.approx(300, abs=2)


def test_speech_that_never_stops_is_not_a_barge_in() -> None:
    sent = _track(6000, (1000, 1400))
    received = _track(6000, (200, 6000))
    (turn,) = measure_turns(received, sent, [PlayedClip("stop", 1000 * _MS, 1400 * _MS, interrupts=True)])
    assert turn.barge_in_ms is None


def test_an_answer_counts_only_before_the_next_clip() -> None:
    sent = _track(6000, (1000, 1200), (3000, 3200))
    received = _track(6000, (3900, 4200))
    clips = [PlayedClip("one", 1000 * _MS, 1200 * _MS), PlayedClip("two", 3000 * _MS, 3200 * _MS)]
    first, second = measure_turns(received, sent, clips)
    assert first.latency_ms is None
    assert second.latency_ms == pytest.approx(700, abs=2)


def test_a_silent_clip_is_left_out() -> None:
    assert measure_turns(_track(1000), _track(1000), [PlayedClip("nothing", 0, 800)]) == []


def test_audible_edges_and_percentiles() -> None:
    track = _track(1000, (100, 300))
    assert first_audible(track) == 100 * _MS
    assert first_audible(track, 301 * _MS) is None
    assert last_audible(track, 0, 1000 * _MS) == 300 * _MS
    assert percentile([], 0.5) is None
    assert percentile([30.0, 10.0, 20.0], 0.5) == 20.0
    assert percentile([float(value) for value in range(1, 101)], 0.95) == 95.0


def test_a_wide_recording_has_the_same_levels_at_the_same_places() -> None:
    narrow = _track(2000, (500, 900), (1200, 1300))
    wide = np.repeat(narrow, 2)
    wide[::2] //= 2  # of each two samples one carries the level
    assert (at_phone_rate(wide, 16_000) == narrow).all()
    assert (at_phone_rate(narrow, 8_000) == narrow).all()
    assert first_audible(at_phone_rate(wide[:-1], 16_000)) == first_audible(narrow)
