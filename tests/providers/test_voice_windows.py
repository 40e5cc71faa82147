"""Windows of caller audio: where they lie, what stands in front of them, and when none is cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.resample import Downsampler
from aywa.providers.voice_windows import CONTEXT, MAX_WAITING, PREROLL, WINDOW, VoiceWindows, Window

CHUNK = 800  # samples of 8 kHz: the 100 ms in which calls read


def ramp(samples: int) -> bytes:
    """16 kHz audio in which each place is different."""
    return (np.arange(2 * samples) % 20011 - 10000).astype(np.int16).tobytes()


def all_of(windows: VoiceWindows) -> list[Window]:
    taken = []
    while (window := windows.take()) is not None:
        taken.append(window)
    return taken


def feed(windows: VoiceWindows, pcm: bytes, start: int = 0, chunk: int = CHUNK) -> None:
    for at in range(0, len(pcm), 4 * chunk):
        piece = pcm[at : at + 4 * chunk]
        windows.feed(piece, start + (at + len(piece)) // 4)


def test_nothing_is_judged_while_nobody_speaks() -> None:
    windows = VoiceWindows()
    feed(windows, ramp(16000))
    assert len(windows) == 0


def test_windows_begin_before_the_onset_and_follow_one_another() -> None:
    windows = VoiceWindows()
    pcm = ramp(4000)
    narrow = np.frombuffer(Downsampler().process(pcm), np.int16).astype(np.float32) / 32768
    feed(windows, pcm[: 4 * 2400])
    windows.speech_started(2000)
    feed(windows, pcm[4 * 2400 :], 2400)
    taken = all_of(windows)
    assert [window.fresh for window in taken] == [True] + [False] * (len(taken) - 1)
    assert taken[0].end_sample == 2000
    for number, window in enumerate(taken):
        end = 2000 + number * WINDOW
        assert window.end_sample == end
        assert np.array_equal(window.samples[CONTEXT:], narrow[end - WINDOW : end])
        if number:
            assert np.array_equal(window.samples[:CONTEXT], narrow[end - WINDOW - CONTEXT : end - WINDOW])
    assert not taken[0].samples[:CONTEXT].any()
    assert taken[-1].end_sample > 4000 - WINDOW


def test_an_onset_older_than_the_preroll_begins_with_the_preroll() -> None:
    windows = VoiceWindows()
    feed(windows, ramp(8000))
    windows.speech_started(10)
    assert all_of(windows)[0].end_sample == 8000 - PREROLL + WINDOW


def test_after_the_end_of_speech_nothing_is_cut() -> None:
    windows = VoiceWindows()
    windows.speech_started(0)
    feed(windows, ramp(1600))
    windows.speech_stopped()
    before = len(windows)
    assert before == 1600 // WINDOW
    feed(windows, ramp(1600), 1600)
    assert len(windows) == before


def test_missing_time_makes_a_fresh_window() -> None:
    windows = VoiceWindows()
    windows.speech_started(0)
    feed(windows, ramp(CHUNK))
    all_of(windows)
    feed(windows, ramp(CHUNK), 5000)
    taken = all_of(windows)
    assert taken[0].fresh
    assert taken[0].end_sample == 5000 + WINDOW
    assert not any(window.fresh for window in taken[1:])


def test_a_judge_that_does_not_keep_up_loses_the_oldest() -> None:
    windows = VoiceWindows()
    windows.speech_started(0)
    feed(windows, ramp(WINDOW * (MAX_WAITING + 5)))
    assert len(windows) == MAX_WAITING
    assert windows.dropped == 5
    assert all_of(windows)[0].end_sample == 6 * WINDOW


@given(chunks=st.lists(st.integers(1, 2000), min_size=1, max_size=30))
def test_the_cut_into_pieces_makes_no_difference(chunks: list[int]) -> None:
    total = sum(chunks)
    pcm = ramp(total)
    whole, parts = VoiceWindows(), VoiceWindows()
    whole.speech_started(0)
    parts.speech_started(0)
    whole.feed(pcm, total)
    at = 0
    for chunk in chunks:
        parts.feed(pcm[4 * at : 4 * (at + chunk)], at + chunk)
        at += chunk
    for one, other in zip(all_of(whole), all_of(parts), strict=True):
        assert one.end_sample == other.end_sample
        assert np.array_equal(one.samples, other.samples)
