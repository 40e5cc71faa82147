"""Music behind the speech: it loops without a seam, fades without a click, and steps back for speech."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from aywa._native.background import BackgroundMixer, NativeClip

FRAME = bytes(320)
FADE_FRAMES = 3  # 40 ms, in frames of 20 ms


def tone(samples: int, amplitude: int = 8000) -> NDArray[np.int16]:
    return (amplitude * np.sin(2 * np.pi * 400 * np.arange(samples) / 8000)).astype(np.int16)


def play(mixer: BackgroundMixer, frames: int, quiet: bool = False) -> NDArray[np.int16]:
    return np.frombuffer(b"".join(mixer.add(FRAME, quiet) for _ in range(frames)), np.int16)


def largest_step(pcm: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(pcm.astype(int))).max())


def test_without_a_clip_nothing_is_added() -> None:
    speech = tone(160).tobytes()
    assert BackgroundMixer().add(speech) == speech


def test_it_loops_without_a_seam_at_full_level() -> None:
    mixer, clip = BackgroundMixer(), tone(700)  # 35 periods
    mixer.play(NativeClip(clip.tobytes()))
    heard = play(mixer, 40)
    at = FADE_FRAMES * 160
    expected = np.tile(clip, 10)[at : len(heard)]
    assert np.array_equal(heard[at:], expected)
    assert largest_step(heard) <= largest_step(clip)


def test_it_fades_in_and_out_without_a_click() -> None:
    mixer = BackgroundMixer()
    mixer.play(NativeClip(np.full(100, 8000, np.int16).tobytes()))
    coming = play(mixer, FADE_FRAMES)
    assert largest_step(coming) < 40
    assert coming[0] < 40
    assert coming[-1] == 8000
    mixer.play(None)
    going = play(mixer, FADE_FRAMES)
    assert largest_step(going) < 40
    assert not play(mixer, 3).any()


def test_another_clip_comes_after_the_first_has_gone() -> None:
    mixer = BackgroundMixer()
    mixer.play(NativeClip(np.full(100, 8000, np.int16).tobytes()))
    play(mixer, FADE_FRAMES)
    mixer.play(NativeClip(np.full(100, -8000, np.int16).tobytes()))
    heard = play(mixer, 3 * FADE_FRAMES)
    assert largest_step(heard) < 40
    assert heard[-1] == -8000


def test_it_steps_back_for_speech_and_never_wraps() -> None:
    mixer = BackgroundMixer()
    mixer.play(NativeClip(np.full(100, 30000, np.int16).tobytes()))
    assert play(mixer, 10, quiet=True)[-1] == pytest.approx(30000 * 10 ** (-15 / 20), rel=0.01)
    loud = np.full(160, 30000, np.int16).tobytes()
    assert set(np.frombuffer(mixer.add(loud), np.int16)) == {32767}


@pytest.mark.parametrize("pcm", [b"", b"x", b"xyz"])
def test_half_a_sample_is_no_clip(pcm: bytes) -> None:
    with pytest.raises(ValueError):
        NativeClip(pcm)
