"""WAV files in every shape a caller may have."""

import wave
from pathlib import Path

import numpy as np
import pytest

from aywa.caller.clips import read_clip
from aywa.errors import RequestError


def _write(path: Path, samples: np.ndarray, rate: int, channels: int, width: int) -> str:
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(channels)
        sink.setsampwidth(width)
        sink.setframerate(rate)
        sink.writeframes(samples.tobytes())
    return str(path)


def _tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(8000, 1, 2), (8000, 2, 2), (16000, 1, 2), (44100, 2, 4), (11025, 1, 1)]
)
def test_every_pcm_format_becomes_the_same_tone_at_8_khz(
    tmp_path: Path, rate: int, channels: int, width: int
) -> None:
    tone = np.repeat(_tone(rate)[:, None], channels, axis=1).ravel()
    if width == 1:
        stored = (tone * 127 + 128).astype(np.uint8)
    else:
        stored = (tone * (2 ** (8 * width - 1) - 1)).astype({2: "<i2", 4: "<i4"}[width])
    clip = read_clip(_write(tmp_path / "tone.wav", stored, rate, channels, width))
    assert clip.name == "tone"
    heard = np.frombuffer(clip.pcm, dtype="<i2").astype(float) / 32768
    expected = _tone(8000)
    assert abs(len(heard) - len(expected)) <= 2
    middle = slice(400, 3600)
    assert np.corrcoef(heard[middle], expected[middle])[0, 1] > 0.999
    assert np.abs(heard[middle]).max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("read_at", "sent_at"), [(8000, 16000), (16000, 8000), (16000, 16000)])
def test_a_clip_is_sent_at_the_rate_of_the_leg(tmp_path: Path, read_at: int, sent_at: int) -> None:
    stored = (_tone(44100) * 32767).astype("<i2")
    clip = read_clip(_write(tmp_path / "tone.wav", stored, 44100, 1, 2), read_at)
    assert (clip.rate_hz, clip.seconds) == (read_at, pytest.approx(0.5, abs=0.001))
    heard = np.frombuffer(clip.at(sent_at), dtype="<i2").astype(float) / 32768
    expected = _tone(sent_at)
    assert abs(len(heard) - len(expected)) <= 2
    middle = slice(sent_at // 20, sent_at // 2 - sent_at // 20)
    assert np.corrcoef(heard[middle], expected[middle])[0, 1] > 0.999
    assert clip.at(read_at) is clip.pcm


def test_files_that_cannot_be_played_are_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("this is not audio")
    empty = _write(tmp_path / "empty.wav", np.zeros(0, dtype="<i2"), 8000, 1, 2)
    for path in (str(tmp_path / "missing.wav"), str(text), empty, str(tmp_path)):
        with pytest.raises(RequestError) as caught:
            read_clip(path)
        assert path in caught.value.detail
