"""A turn model from a file: what it hears, and every way the file can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trio

from aywa.errors import ConfigError
from aywa.providers.log_mel import BANDS, HOP, RATE_HZ, log_mel
from aywa.providers.smart_turn import SmartTurnModel
from tests.kit.onnx_graph import turn_model

SECOND = RATE_HZ


def written(tmp_path: Path, model: bytes) -> str:
    path = tmp_path / "turn.onnx"
    path.write_bytes(model)
    return str(path)


async def test_it_hears_the_last_audio_and_silence_before_it(tmp_path: Path) -> None:
    model = SmartTurnModel(written(tmp_path, turn_model(["batch", 2 * SECOND], scale=4.0)))
    assert model.seconds == 2.0
    loud = np.full(SECOND, 16384, "<i2").tobytes()  # 0.5 of full scale
    assert await model.complete(b"") == pytest.approx(0.5)
    assert await model.complete(loud) == pytest.approx(1 / (1 + np.exp(-4 * 0.25)), abs=1e-5)
    assert await model.complete(loud * 3) == pytest.approx(1 / (1 + np.exp(-4 * 0.5)), abs=1e-5)


async def test_a_model_of_log_mel_frames(tmp_path: Path) -> None:
    model = SmartTurnModel(written(tmp_path, turn_model(["batch", BANDS, 800])))
    assert model.seconds == 8.0
    noise = np.random.default_rng(1).integers(-3000, 3000, 8 * SECOND).astype("<i2")
    frames = log_mel(noise.astype(np.float32) / 32768)
    expected = 1 / (1 + np.exp(-frames.mean()))
    assert await model.complete(noise.tobytes()) == pytest.approx(expected, abs=1e-5)


async def test_calls_go_on_while_it_judges(tmp_path: Path) -> None:
    model = SmartTurnModel(written(tmp_path, turn_model(["batch", BANDS, 800])))
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        await model.complete(bytes(2 * SECOND))
        nursery.cancel_scope.cancel()
    assert turns > 1


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (b"no model", "no ONNX model"),
        (turn_model(["batch", BANDS, 800], metadata={"sample_rate": "8000"}), "is for 8000 Hz"),
        (turn_model(["batch", 40, 800]), "not (batch, 80, frames)"),
        (turn_model(["batch", 2, BANDS, 800]), "not (batch, 80, frames)"),
        (turn_model(["batch", "time"]), "not (batch, 80, frames)"),
        (turn_model(["batch", 100]), "hears 0.00625 s"),
        (turn_model(["batch", 40 * SECOND]), "hears 40 s"),
        (turn_model(["batch", SECOND], sigmoid=False, scale=float("nan")), "no probability"),
    ],
)
def test_a_file_that_would_only_be_wrong_is_refused(tmp_path: Path, model: bytes, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        SmartTurnModel(written(tmp_path, model))
    assert said in str(refused.value)
    assert "RUNTIME_ENDPOINTING_SOUND_MODEL" in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        SmartTurnModel(str(tmp_path / "none.onnx"))


def test_the_rate_may_be_said(tmp_path: Path) -> None:
    SmartTurnModel(written(tmp_path, turn_model(["batch", SECOND], metadata={"sample_rate": "16000"})))


def test_a_tone_lies_in_its_band() -> None:
    """1 kHz is 15 mels of 45.2: band 26 of 80, one below its edge for the triangle's peak."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(SECOND) / RATE_HZ).astype(np.float32)
    frames = log_mel(tone)
    assert frames.shape == (BANDS, SECOND // HOP)
    top_mels = 15 + 27 * np.log(8) / np.log(6.4)
    peak = int(np.argmax(frames[:, 50]))
    assert peak == pytest.approx(15 / top_mels * (BANDS + 1) - 1, abs=1.0)
    assert frames.max() - frames.min() <= 2.0 + 1e-6  # 8 decades of power, scaled by 4
