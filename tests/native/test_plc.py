"""Concealment: its slow twin, and better than silence or repetition on recorded speech."""

from __future__ import annotations

from random import Random
from statistics import fmean

import numpy as np
import pytest

from aywa._native.plc import LossConcealer
from tests.kit.audio_quality import Samples, log_spectral_distance_db, segmental_snr_db
from tests.kit.losses import PROMPTS, bridged, mu_law_speech, one_sided, repeated, silenced, uniform
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


@pytest.mark.parametrize("seed", range(6))
def test_equals_the_slow_twin(seed: int) -> None:
    """Within the rounding of single precision, which a prediction carries on."""
    rng = Random(seed)
    rate = 8000 if seed % 2 else 16000
    signal = voice(rng.uniform(70, 240), 60 * FRAME, rng)
    if seed >= 4:  # full scale, so that every clamp is met
        signal = [rng.choice((-32768, 32767)) for _ in signal]
    fast, slow = LossConcealer(rate), SlowConcealer(rate)
    at, heard, made = 0, bytearray(), bytearray()
    while at < len(signal):
        size = rng.choice((80, 160, 240, 480))
        frame = to_pcm(signal[at : at + size])
        kind = rng.randrange(4)
        if kind == 0:
            heard += fast.conceal(size)
            made += slow.conceal(size)
        elif kind == 1:
            lost = rng.choice((size, size, 0, 1700))
            heard += fast.bridge(lost, frame)
            made += slow.bridge(lost, frame)
        heard += fast.good(frame)
        made += slow.good(frame)
        at += size
    ours, theirs = (np.frombuffer(pcm, np.int16).astype(np.float64) for pcm in (heard, made))
    assert len(ours) == len(theirs)
    assert np.sum(theirs**2) > 3000 * np.sum((ours - theirs) ** 2)


def repaired_speech(clean: Samples, lost: set[int]) -> dict[str, Samples]:
    """The speech with the lost frames concealed, silent, or the frame before them again."""
    flags = [index in lost for index in range(len(clean) // FRAME)]
    return {
        "concealed": bridged(clean, flags),
        "one side": one_sided(clean, flags),
        "silence": silenced(clean, flags),
        "repetition": repeated(clean, flags),
    }


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
    assert distance["concealed"] < min(distance["silence"], distance["one side"])
    assert distance["concealed"] < distance["repetition"] - 1.0
    assert snr["concealed"] > snr["repetition"] + 2.0
    if burst < 3:
        # Silence scores 0 dB; in longer holes the prediction drifts out of phase, which SNR punishes.
        assert snr["concealed"] > max(snr["one side"], snr["silence"])
    assert distance["one side"] < min(distance["silence"], distance["repetition"])
    assert snr["one side"] > snr["repetition"] + 1.5


@pytest.mark.parametrize(("rate", "least"), [(0.01, 4.11), (0.03, 3.70), (0.05, 3.48), (0.10, 2.92)])
def test_pesq_of_uniform_loss(rate: float, least: float) -> None:
    """Against the same mu-law speech without loss, which scores 4.55: only the concealment counts."""
    pesq = pytest.importorskip("pesq", reason="PESQ is in the extra `bench`").pesq
    scores = []
    for name in PROMPTS:
        clean = mu_law_speech(name)
        lost = uniform(len(clean) // FRAME, rate, Random(f"{name} {rate}"))
        scores.append(pesq(8000, clean, bridged(clean, lost), "nb"))
    assert fmean(scores) >= least


@pytest.mark.parametrize("frequency", [90.0, 100.0, 125.0, 150.0, 200.0, 240.0])
def test_a_steady_voice_goes_on(frequency: float) -> None:
    signal = voice(frequency, 20 * FRAME, Random(2))
    gone = np.array(signal[10 * FRAME : 11 * FRAME], dtype=np.float64)
    later = to_pcm(signal[11 * FRAME : 12 * FRAME])
    concealer = LossConcealer()
    concealer.good(to_pcm(signal[: 10 * FRAME]))
    made = np.array(words(concealer.bridge(FRAME, later)), dtype=np.float64)
    assert 10 * np.log10(np.sum(gone**2) / np.sum((gone - made) ** 2)) > (8 if frequency < 125 else 14)


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
    assert list(back[40:]) == signal[40:FRAME]


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("lost", [80, 160, 480, 1000])
def test_a_bridge_ends_at_the_later_frame_and_leaves_it_alone(rate: int, lost: int) -> None:
    signal = voice(120.0, 40 * FRAME, Random(5))
    concealer = LossConcealer(rate)
    concealer.good(to_pcm(signal[: 10 * FRAME]))
    later = signal[10 * FRAME + lost : 12 * FRAME + lost]
    made = words(concealer.bridge(lost, to_pcm(later)))
    assert concealer.good(to_pcm(later)) == to_pcm(later)
    whole = np.array([*signal[: 10 * FRAME], *made, *later], dtype=np.float64)
    steepest = np.max(np.abs(np.diff(np.array(signal, dtype=np.float64))))
    assert np.max(np.abs(np.diff(whole))) <= 1.2 * steepest


def test_a_long_bridge_is_silent_in_its_middle() -> None:
    signal = voice(120.0, 20 * FRAME, Random(5))
    concealer = LossConcealer()
    concealer.good(to_pcm(signal[: 10 * FRAME]))
    made = words(concealer.bridge(2000, to_pcm(signal[:FRAME])))
    assert set(made[480:1200]) == {0}
    assert max(map(abs, made[:80])) > 4000
    assert max(map(abs, made[-80:])) > 2000


def test_tones_and_noise_are_never_louder_than_they_were() -> None:
    """A predictor with its poles on the unit circle must not run away."""
    rng = np.random.default_rng(3)
    time = np.arange(1600) / 8000
    for signal in (
        30000 * np.sin(2 * np.pi * 425 * time),
        12000 * np.sin(2 * np.pi * 770 * time) + 12000 * np.sin(2 * np.pi * 1336 * time),
        rng.uniform(-30000, 30000, 1600),
        np.full(1600, 20000.0),
        np.where(np.arange(1600) == 1599, 32767.0, 0.0),
    ):
        pcm = signal.astype(np.int16)
        concealer = LossConcealer()
        concealer.good(pcm.tobytes())
        made = np.frombuffer(concealer.bridge(800, pcm[:FRAME].tobytes()), np.int16).astype(int)
        assert np.max(np.abs(made)) <= np.max(np.abs(pcm.astype(int)))


def test_before_the_first_frame_there_is_silence() -> None:
    assert LossConcealer().conceal(320) == bytes(640)
    assert LossConcealer().bridge(320, b"") == bytes(640)
    assert LossConcealer().bridge(320, bytes(320)) == bytes(640)


def test_faults() -> None:
    with pytest.raises(ValueError, match="even"):
        LossConcealer().good(b"\0")
    with pytest.raises(ValueError, match="16000"):
        LossConcealer().conceal(16001)
    with pytest.raises(ValueError, match="16000"):
        LossConcealer().bridge(-1, b"")
    with pytest.raises(ValueError, match="even"):
        LossConcealer().bridge(160, b"\0")
    with pytest.raises(ValueError, match="8000"):
        LossConcealer(44100)
