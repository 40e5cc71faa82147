"""Only speech goes through, with some of what was before it: for recognisers that are paid by the second."""

from __future__ import annotations

_RATIO = 2  # samples of 16 kHz per sample of the timeline
_BYTES = 2
_LEAD = 16_000 * 300 // 1000  # before the VAD's onset: words begin softly
_KEPT = 16_000  # samples remembered while shut: the VAD confirms speech some 100 ms after it began
_SLACK = 160


class Gate:
    """Pure. Audio is 16 kHz S16LE mono; positions are timeline samples of 8 kHz."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._end = 0  # the position after what is kept, in samples of 16 kHz
        self.is_open = False

    def feed(self, pcm: bytes, end_sample: int) -> bytes:
        """Take audio; what goes through ends at `end_sample`."""
        begin = end_sample * _RATIO - len(pcm) // _BYTES
        if self._kept and abs(begin - self._end) > _SLACK:
            self._kept.clear()  # a hole: what is kept must be of one piece
        self._end = end_sample * _RATIO
        if self.is_open:
            return pcm
        self._kept += pcm
        del self._kept[: max(len(self._kept) - _KEPT * _BYTES, 0)]
        return b""

    def open(self, at_sample: int) -> tuple[bytes, int]:
        """Speech began here: what goes through at once, and the position where it ends."""
        self.is_open = True
        wanted = max(self._end - (at_sample * _RATIO - _LEAD), 0) * _BYTES
        lead = bytes(self._kept[max(len(self._kept) - wanted, 0) :])
        self._kept.clear()
        return lead, self._end // _RATIO

    def shut(self) -> None:
        """Speech ended."""
        self.is_open = False
