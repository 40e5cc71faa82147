"""Where something is louder than the line: a voice detector may take steady noise for speech."""

from __future__ import annotations

from collections.abc import Iterator

from aywa.answering.outcomes import SAMPLES_PER_S

_FRAME = SAMPLES_PER_S * 2 // 100  # samples: one level of every 20 ms is kept
_SMOOTH = 5  # frames: a background is what 100 ms never fall below
_ABOVE = (
    3.2  # power above the background that is speech: 5 dB; words in noise 12 dB below them are found whole
)
_DIGITAL = 2.0  # mean square below which nothing was sent at all
_LONGEST = 3000  # frames, a minute


class Envelope:
    """The loudness of one call."""

    def __init__(self) -> None:
        self._frames: dict[int, float] = {}
        self._recent: list[float] = []
        self._floor = 0.0  # unknown

    def add(self, sample: int, mean_square: float) -> None:
        """The mean square of 40 ms around this sample; in order."""
        frame = sample // _FRAME
        if frame in self._frames or len(self._frames) >= _LONGEST:
            return
        self._frames[frame] = mean_square
        self._recent = [*self._recent[1 - _SMOOTH :], mean_square]
        level = sum(self._recent) / len(self._recent)
        if len(self._recent) == _SMOOTH and min(self._recent) >= _DIGITAL and not 0 < self._floor <= level:
            self._floor = level

    def loud(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The pieces of this stretch above the background; all of it while nothing is known of that."""
        onset: int | None = None
        for frame in range(start // _FRAME, -(-end // _FRAME)):
            level = self._frames.get(frame)
            if level is None or level > _ABOVE * self._floor:
                onset = frame if onset is None else onset
            elif onset is not None:
                yield max(start, onset * _FRAME), frame * _FRAME
                onset = None
        if onset is not None:
            yield max(start, onset * _FRAME), end
