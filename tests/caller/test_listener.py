"""Who speaks when, followed frame by frame."""

import numpy as np

from aywa.caller.listener import FRAME_SAMPLES, Listener

_SPEECH, _SILENCE = 2000, 0


def _stereo(pattern: list[tuple[int, int]]) -> bytes:
    left = np.concatenate([np.full(frames * FRAME_SAMPLES, level) for level, frames in pattern])
    return np.stack([left, np.zeros_like(left)], axis=1).astype("<i2").tobytes()


def test_silence_counts_only_after_something_was_heard() -> None:
    listener = Listener()
    listener.receive(_stereo([(_SILENCE, 100)]))
    assert not listener.silent_for(8000, since=0)
    listener.receive(_stereo([(_SPEECH, 10), (_SILENCE, 49)]))
    assert not listener.silent_for(8000, since=0)
    listener.receive(_stereo([(_SILENCE, 1)]))
    assert listener.silent_for(8000, since=0)
    assert not listener.silent_for(8000, since=110 * FRAME_SAMPLES)


def test_an_utterance_survives_a_short_pause_and_a_new_one_begins_after_a_long_one() -> None:
    listener = Listener()
    listener.receive(_stereo([(_SILENCE, 5), (_SPEECH, 10), (_SILENCE, 5), (_SPEECH, 10)]))
    assert listener.speaking_since(0) == 5 * FRAME_SAMPLES
    listener.receive(_stereo([(_SILENCE, 30), (_SPEECH, 2)]))
    assert listener.speaking_since(0) == 60 * FRAME_SAMPLES
    assert listener.speaking_since(61 * FRAME_SAMPLES) is None


def test_positions_are_those_of_8_khz_whatever_the_recording_has() -> None:
    pattern = [(_SILENCE, 5), (_SPEECH, 10), (_SILENCE, 30), (_SPEECH, 2), (_SILENCE, 9)]
    narrow, wide = Listener(), Listener(16_000)
    narrow.receive(_stereo(pattern))
    wide.receive(_stereo([(level, 2 * frames) for level, frames in pattern]))
    assert (wide.position, wide.last_heard, wide.utterance_started) == (
        narrow.position,
        narrow.last_heard,
        narrow.utterance_started,
    )
    assert wide.last_heard == 47 * FRAME_SAMPLES


def test_bytes_may_arrive_in_any_pieces() -> None:
    data = _stereo([(_SILENCE, 5), (_SPEECH, 10), (_SILENCE, 7)])
    whole, pieces = Listener(), Listener()
    whole.receive(data)
    for offset in range(0, len(data), 97):
        pieces.receive(data[offset : offset + 97])
    assert (pieces.position, pieces.last_heard, pieces.utterance_started) == (
        whole.position,
        whole.last_heard,
        whole.utterance_started,
    )
