"""The loudness of speech over time, 10 ms by 10 ms, as it comes in pieces of any length."""

from __future__ import annotations

from aywa._native.pcm import levels_of

WINDOW_SAMPLES = 80  # of 8 kHz


class Envelope:
    """Levels of S16LE mono PCM at 8 kHz. A window that a piece leaves open is closed by the next one."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, pcm: bytes) -> bytes:
        """A byte for each window that is complete: its RMS level in dB over one unit of amplitude, 0 to 90.

        Raises ValueError for an odd number of bytes.
        """
        joined = self._rest + pcm
        levels = levels_of(joined, WINDOW_SAMPLES)
        self._rest = joined[2 * WINDOW_SAMPLES * len(levels) :]
        return levels
