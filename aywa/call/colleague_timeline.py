"""A call's timeline as a colleague's leg writes it."""

from __future__ import annotations

from aywa.call.timeline import Timeline
from aywa.ports.store import TimelineEntry


class ColleagueTimeline(Timeline):
    """The call's timeline with `colleague.` before each kind."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    @property
    def at_ms(self) -> int:
        """As the call's."""
        return self._timeline.at_ms

    def add(self, kind: str, **data: object) -> TimelineEntry:
        """Append an entry about the colleague."""
        return self._timeline.add(f"colleague.{kind}", **data)
