"""Concealment: its slow twin bit for bit, and better than silence or repetition on recorded speech."""

from __future__ import annotations

from random import Random
from statistics import fmean

import numpy as np
import pytest

from aywa._native.plc import LossConcealer
from tests.kit.audio_quality import Samples, log_spectral_distance_db, segmental_snr_db
from tests.kit.oracles.pcm import to_pcm, words
from tests.kit.oracles.plc import SlowConcealer
from tests.kit.recordings import read_recording, require_recordings

FRAME = 160
RECORDINGS = ("vm-intro", "demo-congrats", "tt-weasels", "privacy-prompt", "vm-options", "conf-onlyperson")


def voice(frequency: float, count: int, rng: Random) -> list[int]:
    """A buzz with six harmonics and a little noise."""
    time = np.arange(count) / 8000
    buzz = sum(np.sin(2 * np.pi * frequency * k * time + k) / k for k in range(1, 7))
    return [int(6000 * value) + rng.randrange(-50, 51) for value in np.asarray(buzz)]


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_slow_twin(seed: int) -> None:
    rng = Random(seed)
    signal = voice(rng.uniform(70, 240), 40 * FRAME, rng)
    if seed == 3:  # full scale, so that every clamp is met
        signal = [rng.choice((-32768, 32767)) for _ in signal]
    fast, slow = LossConcealer(), SlowConcealer()
    at = 0
    while at < len(signal):
        size = rng.choice((80, 160, 240))
        if rng.random() < 0.4:
            assert fast.conceal(size) == slow.conceal(size)
        else:
            frame = to_pcm(signal[at : at + size])
            assert fast.good(frame) == slow.good(frame)
        at += size


def repaired_speech(clean: Samples, lost: set[int]) -> dict[str, Samples]:
    """The speech with the lost frames concealed, silent, or the frame before them again."""
    concealer = LossConcealer()
    parts: dict[str, list[bytes]] = {"concealed": [], "silence": [], "repetition": []}
    before = bytes(2 * FRAME)
    for index in range(len(clean) // FRAME):
        frame = clean[index * FRAME : (index + 1) * FRAME].tobytes()
        if index in lost:
            frames = (concealer.conceal(FRAME), bytes(2 * FRAME), before)
        else:
            frames = (concealer.good(frame), frame, frame)
            before = frame
        for kind, part in zip(parts.values(), frames, strict=True):
            kind.append(part)
    return {kind: np.frombuffer(b"".join(frames), np.int16) for kind, frames in parts.items()}


def speech_losses(clean: Samples, burst: int, rng: Random) -> set[int]:
    """Bursts of lost frames where somebody speaks (RMS above -40 dBFS), about one in ten frames."""
    lost: set[int] = set()
    at, count = 10, len(clean) // FRAME
    while at < count - burst - 2:
        part = clean[at * FRAME : (at + burst) * FRAME].astype(np.float64)
        if np.sqrt(np.mean(part**2)) > 300:
            lost.update(range(at, at + burst))
            at += burst + rng.randrange(8, 14)
        at += 1
    return lost


def mean_quality(burst: int) -> tuple[dict[str, float], dict[str, float]]:
    """Segmental SNR and log-spectral distance of every way of repair, over all recordings."""
    snr: dict[str, list[float]] = {}
    distance: dict[str, list[float]] = {}
    rng = Random(1)
    for name in RECORDINGS:
        pcm = np.frombuffer(read_recording(name), np.int16)
        clean = pcm[: len(pcm) // FRAME * FRAME]
        lost = speech_losses(clean, burst, rng)
        touched = sorted(lost | {index + 1 for index in lost})
        for kind, repaired in repaired_speech(clean, lost).items():
            snr.setdefault(kind, []).append(segmental_snr_db(clean, repaired, sorted(lost)))
            distance.setdefault(kind, []).append(log_spectral_distance_db(clean, repaired, touched))
    return {k: fmean(v) for k, v in snr.items()}, {k: fmean(v) for k, v in distance.items()}


@pytest.mark.parametrize("burst", [1, 2, 3])
def test_recorded_speech_is_nearer_than_silence_and_repetition(burst: int) -> None:
    require_recordings()
    snr, distance = mean_quality(burst)
    assert distance["concealed"] < distance["silence"]
    assert distance["concealed"] < distance["repetition"] - 1.0
    assert snr["concealed"] > snr["repetition"] + 2.0
    if burst == 1:
        # Silence scores 0 dB; in longer holes the repeated pitch drifts out of phase, which SNR punishes.
        assert snr["concealed"] > snr["silence"] + 1.0


def test_a_steady_voice_goes_on_unheard() -> None:
    signal = voice(100.0, 20 * FRAME, Random(2))
    concealer = LossConcealer()
    for index in range(10):
        concealer.good(to_pcm(signal[index * FRAME : (index + 1) * FRAME]))
    gone = np.array(signal[10 * FRAME : 10 * FRAME + 80], dtype=np.float64)
    made = np.array(words(concealer.conceal(FRAME))[:80], dtype=np.float64)
    assert 10 * np.log10(np.sum(gone**2) / np.sum((gone - made) ** 2)) > 25


def test_fades_to_silence_at_60_ms_and_returns_without_a_click() -> None:
    signal = voice(100.0, 20 * FRAME, Random(2))
    concealer = LossConcealer()
    for index in range(10):
        concealer.good(to_pcm(signal[index * FRAME : (index + 1) * FRAME]))
    peaks = [max(map(abs, words(concealer.conceal(80)))) for _ in range(8)]
    assert peaks[0] > 8000
    assert peaks[5] < 0.25 * peaks[0]
    assert peaks[6:] == [0, 0]
    back = words(concealer.good(to_pcm(signal[:FRAME])))
    assert abs(back[0]) < 200
    assert list(back[80:]) == signal[80:FRAME]


def test_before_the_first_frame_there_is_silence() -> None:
    assert LossConcealer().conceal(320) == bytes(640)


def test_faults() -> None:
    with pytest.raises(ValueError, match="even"):
        LossConcealer().good(b"\0")
    with pytest.raises(ValueError, match="second"):
        LossConcealer().conceal(8001)
