"""Music on hold: any WAV file of integer PCM at both rates, and clear words for what cannot be played."""

from __future__ import annotations

import struct
import wave
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from aywa._native.background import BackgroundMixer
from aywa.errors import ConfigError, MediaError
from aywa.media.clip import Clip, comfort_noise, load_clip
from aywa.runtime.named_files import load_hold_music


def write(path: Path, samples: NDArray[np.float64], rate_hz: int, width: int = 2, channels: int = 1) -> Path:
    """Samples of -1..1, the same on every channel."""
    scaled = np.repeat(samples, channels) * (2 ** (8 * width - 1) - 1)
    if width == 1:
        data = (scaled + 128).astype(np.uint8).tobytes()
    else:
        data = b"".join(struct.pack("<i", int(value))[:width] for value in scaled)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(data)
    return path


def tone(hz: float, rate_hz: int, seconds: float) -> NDArray[np.float64]:
    return 0.25 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)


def looped(clip: Clip, rate_hz: int, seconds: float) -> NDArray[np.float64]:
    """What a leg of this rate would hear of it."""
    mixer = BackgroundMixer()
    mixer.play(clip.at(rate_hz))
    return np.frombuffer(mixer.add(bytes(2 * int(rate_hz * seconds))), np.int16).astype(float)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize(("width", "channels"), [(1, 1), (2, 2), (3, 1), (4, 6)])
def test_any_rate_and_width_plays_at_its_level(
    tmp_path: Path, rate_hz: int, width: int, channels: int
) -> None:
    clip = load_clip(write(tmp_path / "hold.wav", tone(440, rate_hz, 1.0), rate_hz, width, channels))
    assert clip.seconds == pytest.approx(1.0, abs=0.002)
    for leg_hz in (8000, 16000):
        heard = looped(clip, leg_hz, 0.9)[leg_hz // 5 :]
        angle = 2 * np.pi * 440 * np.arange(len(heard)) / leg_hz
        assert 2 * abs(np.mean(heard * np.exp(-1j * angle))) == pytest.approx(8192, rel=0.03)


def test_what_cannot_be_played_is_said_in_words(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("This is no music.")
    floats = tmp_path / "floats.wav"
    data = write(tmp_path / "good.wav", tone(440, 8000, 1), 8000).read_bytes()
    floats.write_bytes(data[:20] + b"\x03\x00" + data[22:])
    short = tmp_path / "cut.wav"
    short.write_bytes(data[:60])
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    long = write(tmp_path / "long.wav", np.zeros(301 * 4000), 4000, 1)
    for path, words in (
        (tmp_path / "missing.wav", "cannot be read"),
        (text, "no WAV file"),
        (floats, "no WAV file"),
        (empty, "no WAV file"),
        (short, "less than it says"),
        (long, "lasts 301.0 s"),
        (write(tmp_path / "blip.wav", tone(440, 8000, 0.05), 8000), "lasts 0.1 s"),
        (write(tmp_path / "fast.wav", tone(440, 384000, 0.2), 384000), "samples a second"),
        (write(tmp_path / "crowd.wav", tone(440, 8000, 0.2), 8000, 2, 9), "9 channels"),
    ):
        with pytest.raises(MediaError) as refusal:
            load_clip(path)
        assert words in str(refusal.value)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_comfort_noise_is_quiet_steady_without_a_seam_and_repeatable(rate_hz: int) -> None:
    clip = comfort_noise(Random(3))
    heard = looped(clip, rate_hz, 8.0)[rate_hz // 10 :]
    level = np.sqrt(np.mean(heard.reshape(-1, len(heard) // 79)[:, : rate_hz // 10] ** 2, axis=1))
    assert 25 < level.mean() < 42
    assert level.max() < 2 * level.min()
    seam = 4 * rate_hz - rate_hz // 10
    step = np.abs(np.diff(heard))
    assert step[seam - 5 : seam + 5].max() <= step.max()
    again = looped(comfort_noise(Random(3)), rate_hz, 8.0)[rate_hz // 10 :]
    assert np.array_equal(heard, again)


def test_the_setting_names_the_file_or_what_is_wrong_with_it(tmp_path: Path) -> None:
    assert load_hold_music("").name == "comfort noise"
    assert load_hold_music(str(write(tmp_path / "hold.wav", tone(440, 8000, 1), 8000))).name == "hold.wav"
    with pytest.raises(ConfigError) as refusal:
        load_hold_music(str(tmp_path / "missing.wav"))
    assert "RUNTIME_HOLD_MUSIC" in str(refusal.value)
