"""Levels and audible spans."""

from __future__ import annotations

import math
from array import array

import pytest

from aywa.dsp.level import audible_spans, level_dbfs


def tone(count: int, amplitude: int = 8000) -> list[int]:
    """A 1 kHz square at 8 kHz: every sample is at full amplitude, so edges are exact."""
    return [amplitude if index // 4 % 2 == 0 else -amplitude for index in range(count)]


def pcm(*parts: list[int]) -> bytes:
    return array("h", [sample for part in parts for sample in part]).tobytes()


def test_level() -> None:
    assert level_dbfs(b"") == level_dbfs(bytes(320)) == -math.inf
    assert level_dbfs(pcm([-32768] * 10)) == 0.0
    assert level_dbfs(pcm(tone(800, 3277))) == pytest.approx(-20.0, abs=0.01)


@pytest.mark.parametrize("start", [0, 1, 39, 40, 1000, 1017])
@pytest.mark.parametrize("length", [60, 100, 4001])
def test_edges_are_exact(start: int, length: int) -> None:
    found = audible_spans(pcm([0] * start, tone(length), [0] * 777), 8000, -40.0)
    assert found == [(start, start + length)]


def test_noise_below_the_floor_is_not_heard() -> None:
    signal = pcm(tone(800, 100), tone(800), tone(800, 100))
    assert audible_spans(signal, 8000, -40.0) == [(800, 1600)]
    assert audible_spans(signal, 8000, -60.0) == [(0, 2400)]


def test_pauses_are_bridged_up_to_a_length() -> None:
    signal = pcm(tone(800), [0] * 1600, tone(800), [0] * 1601, tone(800))
    assert audible_spans(signal, 8000, -40.0, bridge_ms=200) == [(0, 3200), (4801, 5601)]
    assert audible_spans(signal, 8000, -40.0, bridge_ms=0) == [(0, 800), (2400, 3200), (4801, 5601)]


def test_clicks_can_be_left_out() -> None:
    signal = pcm([0] * 800, tone(40), [0] * 4000, tone(400))
    assert audible_spans(signal, 8000, -40.0, shortest_ms=10) == [(4840, 5240)]


def test_nothing_to_hear() -> None:
    assert audible_spans(b"", 8000, -40.0) == []
    assert audible_spans(bytes(3200), 8000, -40.0) == []
    with pytest.raises(ValueError, match="even"):
        audible_spans(b"\0", 8000, -40.0)
