"""Comfort noise (RFC 3389): noise as a payload describes it, and the payload that describes a background.

A payload is a level, 0..127 in -dBov (0 dBov: a square wave at full scale), and up to ten reflection
coefficients of an all-pole model; more are ignored, as section 3 allows. PCM is S16LE mono of any rate.
"""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NoiseGenerator:
    """The noise of one source; the same `seed` (0..2**64 - 1) and payloads give the same samples."""

    def __init__(self, seed: int) -> None:
        """Silent until a payload came. Raises OverflowError for a seed out of range."""

    def receive(self, payload: _Bytes) -> None:
        """Level and spectrum from now on. Raises ParseError for an empty payload, and for nothing else."""

    def fill(self, samples: int) -> bytes:
        """The next `samples` (0..16000) of noise. Raises ValueError out of range.

        The level glides to that of the payload (63 % of the way in 64 samples). From -12 dBov upwards the
        peaks of the noise are cut off at full scale, so it is quieter than it should be.
        """

def describe_noise(pcm: _Bytes, order: int = 0) -> bytes:
    """The payload of a piece of background: its level and `order` (0..10) coefficients.

    Digital silence is 127. Raises ValueError for an odd number of bytes or an order out of range.
    """
