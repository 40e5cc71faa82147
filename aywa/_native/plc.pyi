"""Concealment of lost frames by linear prediction from both sides of the hole, at 8 or 16 kHz."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class LossConcealer:
    """One direction of one call: give it every frame that came, ask it for every frame that did not."""

    def __init__(self, rate: int = 8000) -> None:
        """For S16LE mono PCM of `rate` samples a second. Raises ValueError unless it is 8000 or 16000."""

    def good(self, pcm: _Bytes) -> bytes:
        """A frame that came, cross-faded over 5 ms with the concealment if `conceal` filled the hole before.

        The same length comes back. Raises ValueError for an odd number of bytes.
        """

    def conceal(self, samples: int) -> bytes:
        """PCM in place of `samples` lost samples (0..16000), predicted from what came before them only.

        At full level for 10 ms of a hole, silent from 60 ms on. Raises ValueError out of range.
        """

    def bridge(self, samples: int, later: _Bytes) -> bytes:
        """PCM in place of the last `samples` samples (0..16000) of a hole when the frame after it is known.

        Predicted from both sides. Give the later frame to `good` next, which leaves it alone.
        Raises ValueError out of range and for an odd number of bytes.
        """
