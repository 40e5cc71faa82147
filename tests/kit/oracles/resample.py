"""Resampling by two as textbooks have it: zeros stuffed in, or samples dropped, around one long filter."""

from __future__ import annotations

from tests.kit.oracles.pcm import to_pcm, words

_SIDE = [10388, -3346, 1876, -1207, 816, -555, 376, -245, 155, -90, 50, -26]
"""Every second tap of the half-band filter from its middle outwards, Q14; those between are 0."""


def half_band() -> list[int]:
    """All 47 taps, Q14: unity in the pass band when every second input sample is a stuffed zero."""
    taps = [0] * 47
    taps[23] = 16384
    for index, tap in enumerate(_SIDE):
        taps[23 + 2 * index + 1] = taps[23 - 2 * index - 1] = tap
    return taps


def _filtered(samples: list[int], at: int, taps: list[int]) -> int:
    return sum(tap * samples[at - k] for k, tap in enumerate(taps) if tap and at >= k)


def upsample(pcm: bytes) -> bytes:
    """Twice the rate, 24 output samples late."""
    stuffed = [0]
    for sample in words(pcm):
        stuffed += [sample, 0]
    taps = half_band()
    # The filter is 23 late; the zero in front makes it the kernel's 24.
    return to_pcm([(_filtered(stuffed, at, taps) + 8192) >> 14 for at in range(len(stuffed) - 1)])


def downsample(pcm: bytes) -> bytes:
    """Half the rate, 22 input samples late."""
    samples = list(words(pcm))
    taps = half_band()
    return to_pcm([(_filtered(samples, at, taps) + 16384) >> 15 for at in range(1, len(samples), 2)])
