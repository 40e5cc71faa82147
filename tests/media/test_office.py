"""The sound of an office: quiet, without a seam, never twice the same, and nobody's words."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from aywa._native.background import BackgroundMixer
from aywa.media.clip import RATES_HZ, Clip
from aywa.media.office import LEVEL, SECONDS, office


@pytest.fixture(scope="module")
def sound() -> Clip:
    return office(Random(0))


def heard(sound: Clip, rate: int, seconds: float, *, quiet: bool = False) -> np.ndarray:
    """What a leg plays of it."""
    mixer = BackgroundMixer()
    mixer.play(sound.at(rate))
    pcm = mixer.add(bytes(2 * round(rate * seconds)), quiet)
    return np.frombuffer(pcm, "<i2").astype(float) / 32768


@pytest.mark.parametrize("rate", RATES_HZ)
def test_it_is_quiet_and_has_no_peak_that_startles(sound: Clip, rate: int) -> None:
    samples = heard(sound, rate, SECONDS)
    level = np.sqrt(np.mean(samples**2))
    assert level == pytest.approx(LEVEL, rel=0.05)
    assert np.abs(samples).max() < 0.2
    frames = samples[rate:].reshape(-1, rate // 50)
    levels = 10 * np.log10(np.mean(frames**2, axis=1))
    assert levels.min() > -65, "a line that goes dead and comes back is heard"


@pytest.mark.parametrize("rate", RATES_HZ)
def test_it_loops_without_a_seam(sound: Clip, rate: int) -> None:
    """At the seam the signal changes no faster than anywhere else."""
    samples = heard(sound, rate, SECONDS + 1)
    changes = np.abs(np.diff(samples))
    seam = SECONDS * rate
    assert changes[seam - 2 : seam + 2].max() < np.quantile(changes, 0.999)


def test_it_steps_back_under_speech(sound: Clip) -> None:
    loud, soft = heard(sound, 8000, 10), heard(sound, 8000, 10, quiet=True)
    assert 20 * np.log10(np.std(soft) / np.std(loud)) == pytest.approx(-15, abs=0.5)


def test_it_is_the_same_at_both_rates_and_another_with_another_seed(sound: Clip) -> None:
    low, high = heard(sound, 8000, 5), heard(sound, 16_000, 5)[::2]
    assert np.corrcoef(low[8000:], high[8000:])[0, 1] > 0.9
    other = heard(office(Random(1)), 8000, 5)
    assert abs(np.corrcoef(low, other)[0, 1]) < 0.1
