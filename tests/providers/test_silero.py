"""The real voice model on recorded speech and on noises; and every way its file can be wrong."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aywa._native.resample import Upsampler
from aywa.errors import ConfigError
from aywa.providers.silero import SileroModel, find_model
from aywa.providers.voice_windows import VoiceWindows
from aywa.turn.doubt import Doubt
from aywa.turn.settings import TurnSettings
from tests.kit.recordings import VOICE, read_recording, require_recordings

LOOK = 11 * 256  # samples of 8 kHz: what a doubt takes, and a window


def model() -> SileroModel:
    missing = [name for name in ("onnxruntime", "silero_vad") if find_spec(name) is None]
    if missing:
        reason = f"{', '.join(missing)} not installed; 'make test' installs it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SileroModel("silero")


def is_doubted(judge: SileroModel, pcm: NDArray[np.int16]) -> bool:
    """Whether audio that the engine took for speech from its first sample on is doubted."""
    windows, doubt = VoiceWindows(), Doubt(TurnSettings())
    windows.speech_started(0)
    doubt.speech_started(0)
    wide = Upsampler().process(pcm.tobytes())
    windows.feed(wide, len(pcm))
    state = np.zeros((2, 1, judge.state_size), np.float32)
    doubted = False
    while (window := windows.take()) is not None:
        probabilities, state = judge.judge(window.samples[None], state)
        doubted |= doubt.judged(window.end_sample, 0.032, float(probabilities[0])) is not None
    return doubted


def onset(name: str) -> NDArray[np.int16]:
    """The first 0.35 s of a recording from a window before its first loud frame on."""
    pcm = np.frombuffer(read_recording(name), np.int16)
    frames = pcm[: len(pcm) // 160 * 160].reshape(-1, 160).astype(float)
    loudness = np.sqrt((frames**2).mean(axis=1))
    start = max(0, int(np.argmax(loudness > 0.1 * loudness.max())) * 160 - 256)
    return np.pad(pcm[start : start + LOOK], (0, max(0, LOOK - len(pcm) + start)))


def test_no_recorded_sentence_or_word_is_doubted() -> None:
    judge = model()
    require_recordings()
    names = [str(path.relative_to(VOICE))[:-4] for path in sorted(VOICE.glob("**/*.wav"))]
    spoken = [name for name in names if not re.search("silence|beep|confbridge-|monkeys", name)]
    chosen = [name for name in spoken[::3] if len(read_recording(name)) > 4800]
    assert len(chosen) > 150
    assert [name for name in chosen if is_doubted(judge, onset(name))] == []


@pytest.mark.parametrize("kind", ["hiss", "bang", "thud", "clicks", "tone", "breath"])
def test_noises_are_doubted(kind: str) -> None:
    judge = model()
    rng = np.random.default_rng(7)
    t = np.arange(LOOK) / 8000
    for _ in range(10):
        hiss = rng.normal(0, 1, LOOK)
        noise = {
            "hiss": hiss * 2000,
            "bang": hiss * 8000 * np.exp(-20 * t),
            "thud": np.convolve(hiss, np.full(16, 0.25), "same") * 6000 * np.exp(-15 * t),
            "clicks": np.where(np.arange(LOOK) % 400 < 3, 15000.0, 0.0),
            "tone": 8000 * np.sin(2 * np.pi * rng.uniform(300, 2000) * t),
            "breath": np.convolve(hiss, np.hanning(5), "same") * 1500 * np.sin(np.pi * t / t[-1]) ** 2,
        }[kind]
        assert is_doubted(judge, np.clip(noise, -32768, 32767).astype(np.int16))


def test_a_batch_is_judged_as_its_windows_alone() -> None:
    judge = model()
    rng = np.random.default_rng(3)
    windows = rng.normal(0, 0.1, (7, 288)).astype(np.float32)
    states = rng.normal(0, 0.1, (2, 7, judge.state_size)).astype(np.float32)
    together, after = judge.judge(windows, states)
    for place in range(7):
        alone, state = judge.judge(windows[place : place + 1], states[:, place : place + 1])
        assert alone[0] == pytest.approx(together[place], abs=1e-4)
        assert np.allclose(state[:, 0], after[:, place], atol=1e-4)


def test_a_missing_file_is_named_with_its_variable() -> None:
    with pytest.raises(ConfigError) as refusal:
        find_model("/nowhere/model.onnx")
    assert "RUNTIME_MEDIA_VOICE_MODEL" in str(refusal.value)
    assert "there is no such file" in str(refusal.value)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    model()
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"not a model")
    with pytest.raises(ConfigError, match="the file is no ONNX model"):
        SileroModel(str(wrong))
