"""Timestamps for audio that has none: a stream says what was heard and not when, pure.

Asterisk sends nothing while nothing comes from the caller (silence suppression, a lost network), and delivers
what was held up at once. Both begin with a frame that is late. After a hold-up the audio that is read reaches
up to now, unless it was the sender who was held up: he catches up frame by frame. So only what is longer than
hold-ups are is a pause. Shorter ones close up, and the engine, whose clock follows what comes soonest, puts
what is heard later in its place.
"""

from __future__ import annotations

PAUSE_S = 0.5  # what is missing up to now is a pause from here on
LEAK = 0.01  # of what is missing, taken for the far clock's being slow: follows a drift of 500 ppm


class MediaClock:
    """Counts ticks of `rate_hz` in one stream."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._began_at: float | None = None
        self._ticks = 0

    def pause_before(self, now: float, ticks: int) -> int:
        """Ticks in which nothing was said, before `ticks` of audio that have been read at `now` (seconds)."""
        length = ticks / self._rate_hz
        if self._began_at is None:
            self._began_at = now - length
        missing = now - (self._began_at + self._ticks / self._rate_hz + length)
        pause = 0
        if missing <= 0:
            self._began_at += missing  # nothing is heard before it was said
        elif missing > PAUSE_S:
            pause = round(missing * self._rate_hz)
        else:
            self._began_at += LEAK * missing
        self._ticks += pause + ticks
        return pause
