"""The echo guard's kernel: delay, return loss, subtraction, borders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa._native.echo import EchoGuard
from tests.kit.echo_path import FRAME, Samples, over_ulaw

PASSED, NEAR, ECHO, BOTH = range(4)


def pcm_of(samples: Samples) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()


def syllables(samples: int, seed: int, rms: float = 3000) -> Samples:
    """Coloured noise under a syllable-like envelope."""
    noise = np.random.default_rng(seed).standard_normal(samples + 4)
    coloured = np.convolve(noise, [1, 0.9, 0.5, 0.2, 0.1], "valid")
    return coloured / coloured.std() * rms * (0.1 + np.sin(2 * np.pi * 2.5 * np.arange(samples) / 8000) ** 2)


def pass_through(
    guard: EchoGuard, sent: Samples, heard: Samples, size: int = FRAME
) -> tuple[Samples, list[int]]:
    out, verdicts = [], []
    for at in range(0, len(sent) - size + 1, size):
        guard.sent(at, pcm_of(sent[at : at + size]))
        given_out, verdict = guard.process(at, pcm_of(heard[at : at + size]))
        out.append(given_out)
        verdicts.append(verdict)
    return np.frombuffer(b"".join(out), "<i2").astype(np.float64), verdicts


def late(sent: Samples, delay: int, loss_db: float) -> Samples:
    return np.concatenate([np.zeros(delay), sent])[: len(sent)] * 10 ** (-loss_db / 20)


@pytest.mark.parametrize("delay", [320, 640, 1203, 2001, 3200])
@pytest.mark.parametrize("loss_db", [0, 10, 20, 30])
def test_delay_and_return_loss_are_measured(delay: int, loss_db: int) -> None:
    guard = EchoGuard()
    sent = over_ulaw(syllables(24_000, delay + loss_db))
    out, verdicts = pass_through(guard, sent, over_ulaw(late(sent, delay, loss_db)))
    assert guard.locked
    assert guard.delay_samples is not None
    assert guard.return_loss_db is not None
    assert abs(guard.delay_samples - delay) <= 1
    assert abs(guard.return_loss_db - loss_db) < 1.0
    assert guard.echo_frames > 50
    assert NEAR not in verdicts[-50:]
    assert np.sqrt(np.mean(out[-8000:] ** 2)) < 60


@pytest.mark.parametrize("size", [80, 160, 240, 480])
def test_any_packet_length_gives_the_same_figures(size: int) -> None:
    guard = EchoGuard()
    sent = syllables(24_000, 4)
    pass_through(guard, sent, late(sent, 800, 10), size)
    assert guard.delay_samples == 800


def test_without_anything_sent_everything_passes_untouched() -> None:
    guard = EchoGuard()
    heard = syllables(16_000, 1)
    out, verdicts = pass_through(guard, np.zeros(16_000), heard)
    assert out.astype("<i2").tobytes() == pcm_of(heard)
    assert set(verdicts) == {PASSED}
    assert not guard.locked
    assert guard.delay_samples is None
    assert guard.return_loss_db is None


def test_another_voice_is_never_an_echo_for_long() -> None:
    guard = EchoGuard()
    heard = syllables(24_000, 2)
    out, verdicts = pass_through(guard, syllables(24_000, 1), heard)
    assert verdicts.count(ECHO) <= 5
    assert not guard.locked
    assert np.corrcoef(out, heard)[0, 1] > 0.98


def test_what_is_left_of_two_voices_is_the_caller() -> None:
    guard = EchoGuard()
    sent, caller = syllables(40_000, 1), syllables(40_000, 2, 1500)
    caller[:16_000] = 0
    heard = late(sent, 900, 3) + caller
    out, verdicts = pass_through(guard, sent, heard)
    part = slice(24_000, 40_000)
    assert np.mean((out[part] - caller[part]) ** 2) < 0.2 * np.mean((heard[part] - caller[part]) ** 2)
    assert verdicts[150:].count(BOTH) > 50


def test_the_state_keeps_within_ten_kibibytes() -> None:
    assert EchoGuard().state_bytes <= 10 * 1024


def test_odd_bytes_are_refused() -> None:
    guard = EchoGuard()
    with pytest.raises(ValueError, match="even"):
        guard.sent(0, b"123")
    with pytest.raises(ValueError, match="even"):
        guard.process(0, b"1")
    assert guard.process(0, b"") == (b"", PASSED)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-5000, 5000), st.integers(0, 600), st.integers(0, 2**32 - 1), st.booleans()),
        max_size=60,
    )
)
def test_jumps_lengths_and_extremes_do_no_harm(steps: list[tuple[int, int, int, bool]]) -> None:
    """Any positions, lengths and full-scale noise: as many samples out as in, and the figures stay finite."""
    guard, position = EchoGuard(), 0
    for jump, size, seed, extreme in steps:
        rng = np.random.default_rng(seed)
        pcm = rng.choice([-32768, 32767], size) if extreme else rng.integers(-32768, 32768, size)
        position += jump
        guard.sent(position, pcm_of(pcm))
        out, verdict = guard.process(position + jump // 3, pcm_of(pcm))
        assert len(out) == 2 * size
        assert verdict in (PASSED, NEAR, ECHO, BOTH)
    assert guard.return_loss_db is None or np.isfinite(guard.return_loss_db)
