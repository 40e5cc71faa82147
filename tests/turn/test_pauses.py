"""A caller's pauses are learnt, within bounds."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.endpointing_settings import EndpointingSettings
from aywa.turn.pauses import CallerPauses

SETTINGS = EndpointingSettings()


def test_who_makes_long_pauses_is_waited_for() -> None:
    slow, quick = CallerPauses(SETTINGS), CallerPauses(SETTINGS)
    rng = Random(1)
    for _ in range(20):
        slow.went_on(rng.uniform(0.8, 1.1))
        quick.went_on(rng.uniform(0.2, 0.35))
    assert 1.0 < slow.wait_s <= SETTINGS.adaptive_max_s
    assert quick.wait_s < 0.5


def test_it_comes_near_the_quantile() -> None:
    pauses, rng = CallerPauses(SETTINGS), Random(2)
    for _ in range(400):
        pauses.went_on(rng.uniform(0.3, 0.9))
    assert 0.85 < pauses.wait_s < 1.08  # 0.81, the 85th percentile, and the margin


def test_a_plosive_is_no_pause() -> None:
    pauses = CallerPauses(SETTINGS)
    before = pauses.wait_s
    pauses.went_on(0.1)
    assert (pauses.wait_s, pauses.seen) == (before, 0)


@given(st.lists(st.floats(0, 100)))
def test_the_wait_stays_within_its_bounds(lengths: list[float]) -> None:
    pauses = CallerPauses(SETTINGS)
    for length in lengths:
        pauses.went_on(length)
        assert SETTINGS.adaptive_min_s <= pauses.wait_s <= SETTINGS.adaptive_max_s
