"""The last events of a node, for listeners that come back."""

from __future__ import annotations

from collections import deque

from aywa.events.event import Batch
from aywa.events.ids import EventId


class Ring:
    """At most `capacity` events (and one batch more), the oldest leave first."""

    def __init__(self, start: EventId, capacity: int) -> None:
        """`start`: the place after which it knows everything."""
        assert capacity > 0
        self._batches: deque[Batch] = deque()
        self._capacity = capacity
        self._held = 0
        self.floor = start
        self.last = start

    def __len__(self) -> int:
        return self._held

    def add(self, batch: Batch) -> None:
        """Append; ids only grow."""
        assert batch.first > self.last, "ids only grow"
        self._batches.append(batch)
        self._held += batch.count
        self.last = batch.last
        while self._held > self._capacity and len(self._batches) > 1:
            oldest = self._batches.popleft()
            self._held -= oldest.count
            self.floor = oldest.last

    def begin_at(self, start: EventId) -> None:
        """Forget what is older: the stream is found to be elsewhere."""
        self._batches.clear()
        self._held = 0
        self.floor = self.last = start

    def covers(self, after: EventId) -> bool:
        """Whether nothing after this place is missing here."""
        return self.floor <= after <= self.last

    def after(self, after: EventId) -> list[Batch]:
        """Those that have events after this place, in order."""
        found: list[Batch] = []
        for batch in reversed(self._batches):
            if batch.last <= after:
                break
            found.append(batch)
        found.reverse()
        return found
