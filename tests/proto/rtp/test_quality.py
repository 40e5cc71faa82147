"""The E-model with what a call measures, against the whole model and the figures published for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.rtp.quality import (
    CODECS,
    CodecImpairment,
    DirectionQuality,
    StreamQuality,
    Traffic,
    burst_ratio,
    delay_impairment,
    loss_impairment,
    mos_of,
    rating,
    stream_quality,
)
from tests.kit.oracles import e_model

DELAYS = st.floats(0, 2000)
LOSSES = st.floats(0, 100)
CODEC = st.sampled_from(list(CODECS.values()))
G711 = CODECS["PCMU"]


@given(DELAYS, st.floats(0, 40), st.floats(1, 40), LOSSES, st.floats(1, 8))
def test_the_whole_model_agrees(one_way: float, ie: float, bpl: float, loss: float, burst: float) -> None:
    assert rating(CodecImpairment(ie, bpl), one_way, loss, burst) == pytest.approx(
        e_model.rated(one_way, ie, bpl, loss, burst), abs=0.01
    )


def test_the_default_call() -> None:
    """G.107 section 7.7: all defaults give 93.2; annex B makes that 4.41."""
    assert rating(G711, 0, 0) == pytest.approx(93.2, abs=0.05)
    assert mos_of(rating(G711, 0, 0)) == pytest.approx(4.41, abs=0.005)


@pytest.mark.parametrize(
    ("rated", "mos"),
    [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (0, 1), (-9, 1), (100, 4.5), (120, 4.5)],
)
def test_mos_by_table_b1(rated: float, mos: float) -> None:
    # The table has two digits and gives 4.024 as 4.03.
    assert mos_of(rated) == pytest.approx(mos, abs=0.007)


def test_figures_worked_by_hand() -> None:
    assert loss_impairment(G711, 5) == pytest.approx(95 * 5 / 30.1)
    assert loss_impairment(CodecImpairment(11, 19), 2, 2) == pytest.approx(11 + 84 * 2 / 20)
    assert delay_impairment(400) - delay_impairment(100) > 20  # G.114: 400 ms is the limit of the bearable
    assert delay_impairment(150) < 6


@given(CODEC, DELAYS, DELAYS, LOSSES, LOSSES, st.floats(0, 20))
def test_nothing_gets_better_by_delay_or_loss(
    codec: CodecImpairment,
    one_delay: float,
    other_delay: float,
    one_loss: float,
    other_loss: float,
    burst: float,
) -> None:
    short, long = sorted((one_delay, other_delay))
    few, many = sorted((one_loss, other_loss))
    best, worst = rating(codec, short, few, burst), rating(codec, long, many, burst)
    assert best >= rating(codec, short, many, burst) >= worst - 1e-9
    assert best >= rating(codec, long, few, burst) - 1e-3
    assert 4.5 >= mos_of(best) >= mos_of(worst) - 1e-4 >= 0.99


@given(LOSSES, st.floats(1, 8), st.floats(1, 8))
def test_bursts_are_worse_than_random_loss(loss: float, one: float, other: float) -> None:
    assert loss_impairment(G711, loss, min(one, other)) <= loss_impairment(G711, loss, max(one, other))


@given(st.floats(-20, 120), st.floats(-20, 120))
def test_mos_is_monotone(one: float, other: float) -> None:
    assert 1 <= mos_of(min(one, other)) <= mos_of(max(one, other)) + 1e-12 <= 4.5 + 1e-12


def test_the_burst_ratio() -> None:
    assert burst_ratio(1000, 100, 90) == pytest.approx(1)  # random: runs of 1 / (1 - 0.1)
    assert burst_ratio(1000, 100, 25) == pytest.approx(3.6)
    for unknown in ((1000, 0, 0), (0, 0, 0), (10, 10, 1), (10, -3, 2)):
        assert burst_ratio(*unknown) == 1


def test_ranges() -> None:
    for loss in (-0.1, 100.1):
        with pytest.raises(ValueError):
            loss_impairment(G711, loss)
    with pytest.raises(ValueError):
        delay_impairment(-1)
    with pytest.raises(ValueError):
        stream_quality(Traffic(10, 0, 1, "GSM"), None, None)


def test_a_call_in_both_directions() -> None:
    heard = Traffic(expected=1000, lost=10, jitter_ms=5, codec="PCMA")
    told = Traffic(expected=900, lost=-2, jitter_ms=0, codec="OPUS", ptime_ms=60, buffer_ms=40)
    quality = stream_quality(heard, told, 80)
    assert quality.received == DirectionQuality(1.0, 5, mos_of(rating(G711, 40 + 20 + 10, 1)))
    assert quality.sent == DirectionQuality(0.0, 0, mos_of(rating(CODECS["OPUS"], 40 + 60 + 40, 0)))
    assert quality.round_trip_ms == 80
    assert stream_quality(None, Traffic(0, 0, 0, "PCMU"), None) == StreamQuality(None, None, None)
    bursty = stream_quality(Traffic(1000, 10, 5, "PCMA", bursts=2), None, 80).received
    assert bursty is not None
    assert bursty.mos < quality.received.mos
