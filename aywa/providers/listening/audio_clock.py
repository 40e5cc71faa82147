"""Where on the call's timeline something lies that a recogniser heard at a second of its own."""

from __future__ import annotations

from bisect import bisect_right

_RATIO = 2  # samples of 16 kHz per sample of the timeline
_SLACK = 160  # samples of 16 kHz: pieces follow each other although their positions are rounded
_MAX_RUNS = 512  # far more holes than a call has; what was sent before them is not spoken of any more
_RATE = 16_000
_NOWHERE = -(1 << 60)


class AudioClock:
    """A recogniser counts the audio it was sent; the timeline has holes where nothing arrived. Pure.

    Sent positions are samples of 16 kHz since the session began, timeline positions samples of 8 kHz.
    """

    def __init__(self) -> None:
        self._sent = 0
        self._end_at = _NOWHERE  # on the timeline, in samples of 16 kHz
        self._starts: list[int] = []  # of runs without a hole: sent position
        self._places: list[int] = []  # and their place on the timeline, in samples of 16 kHz

    @property
    def sent(self) -> int:
        """Samples of 16 kHz so far."""
        return self._sent

    @property
    def end(self) -> int | None:
        """The timeline position after what was sent; None before anything was."""
        return self._end_at // _RATIO if self._starts else None

    def hole(self, samples: int, end_sample: int) -> int:
        """Samples of 16 kHz that are missing before a piece which ends at this timeline position."""
        if not self._starts:
            return 0
        missing = end_sample * _RATIO - samples - self._end_at
        return missing if missing > _SLACK else 0

    def follow(self, samples: int, end_sample: int) -> bool:
        """`piece`, if it begins exactly where the last one ended, as most do; else nothing, and False."""
        end = end_sample * _RATIO
        if end - samples != self._end_at:
            return False
        self._sent += samples
        self._end_at = end
        return True

    def piece(self, samples: int, end_sample: int) -> None:
        """A piece of so many samples of 16 kHz is sent, and ends at this timeline position."""
        begin = end_sample * _RATIO - samples
        if begin != self._end_at and (not self._starts or abs(begin - self._end_at) > _SLACK):
            self._end_at = begin
            self._starts.append(self._sent)
            self._places.append(begin)
            if len(self._starts) > _MAX_RUNS:
                del self._starts[0], self._places[0]
        self._sent += samples
        self._end_at += samples

    def silence(self, samples: int) -> None:
        """So much silence is sent where nothing arrived."""
        self._sent += samples
        self._end_at += samples

    def at(self, seconds: float) -> int:
        """The timeline position of this second of what was sent, or the nearest there is."""
        if not self._starts:
            return 0
        sent = round(min(max(seconds, 0.0), self._sent / _RATE) * _RATE)
        run = max(bisect_right(self._starts, sent) - 1, 0)
        place = self._places[run] + max(sent - self._starts[run], 0)
        if run + 1 < len(self._places):  # silence that stood in for a hole may be longer than the hole
            place = min(place, max(self._places[run + 1], self._places[run]))
        return max(place, 0) // _RATIO
