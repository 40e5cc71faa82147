"""Levels of speech as it comes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.dsp.envelope import WINDOW_SAMPLES, Envelope


@given(
    st.binary(max_size=2000).map(lambda raw: raw[: len(raw) // 2 * 2]),
    st.lists(st.integers(0, 400), max_size=9),
)
def test_levels_do_not_depend_on_the_pieces(pcm: bytes, cuts: list[int]) -> None:
    whole = Envelope().feed(pcm)
    envelope, levels, at = Envelope(), b"", 0
    for cut in cuts:
        levels += envelope.feed(pcm[at : at + 2 * cut])
        at += 2 * cut
    levels += envelope.feed(pcm[at:])
    assert levels == whole
    assert len(whole) == len(pcm) // 2 // WINDOW_SAMPLES


def test_an_odd_number_of_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        Envelope().feed(b"abc")
