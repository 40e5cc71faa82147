"""Concealment of lost frames at 8 kHz, in the spirit of ITU-T G.711 Appendix I but without its delay."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class LossConcealer:
    """One direction of one call: give it every frame that came, ask it for every frame that did not."""

    def good(self, pcm: _Bytes) -> bytes:
        """A frame that came (S16LE mono 8 kHz), cross-faded with the concealment if a hole is before it.

        The same length comes back. Raises ValueError for an odd number of bytes.
        """

    def conceal(self, samples: int) -> bytes:
        """PCM in place of `samples` lost samples (0..8000). Raises ValueError out of range.

        The last pitch periods repeated: at full level for 10 ms of a hole, then 20 % less per 10 ms, silent
        from 60 ms on.
        """
