"""Adaptive playout buffer: what arrives by jerks is given out by the clock."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class JitterBuffer:
    """One source: push what comes, in order; pull what is to be played, by the clock."""

    def __init__(self, rate: int = 8000) -> None:
        """For S16LE mono PCM of `rate` samples a second. Raises ValueError unless it is 8000 or 16000."""

    def push(self, position: int, pcm: _Bytes, arrival: int) -> None:
        """One packet: `position` of its first sample and its `arrival`, both in 8 kHz samples of any origin.

        Raises ValueError for an odd number of bytes or more than 1920 samples.
        """

    def pull(self, samples: int) -> tuple[bytes, int]:
        """`samples` (1..960; 10 to 60 ms serve) to play, and how many the source sent; the rest is made up.

        Raises ValueError out of range.
        """

    @property
    def buffered(self) -> int:
        """Samples that wait to be played, 0.5 s at most."""

    @property
    def jitter(self) -> int:
        """Samples that 97 % of the packets are late by at most, in steps of 5 ms."""

    @property
    def counters(self) -> tuple[int, int, int, int, int]:
        """Samples late or doubled, skipped, concealed, taken away and added by time-scaling."""
