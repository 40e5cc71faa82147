"""The earliest of many deadlines: a heap whose stale entries are dropped when they surface.

A worker with thousands of transactions is asked for its next deadline after every datagram; looking
at all of them each time would cost more than the datagram.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """One deadline (monotonic seconds) per key."""

    __slots__ = ("_current", "_heap", "_order")

    def __init__(self) -> None:
        self._current: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = count()

    def set(self, key: K, deadline: float | None) -> None:
        """Give `key` this deadline; None takes it out."""
        if deadline is None:
            self._current.pop(key, None)
        elif self._current.get(key) != deadline:
            self._current[key] = deadline
            heappush(self._heap, (deadline, next(self._order), key))

    @property
    def next(self) -> float | None:
        """The earliest deadline, or None."""
        while self._heap:
            deadline, _, key = self._heap[0]
            if self._current.get(key) == deadline:
                return deadline
            heappop(self._heap)
        return None

    def pop_due(self, now: float) -> Iterator[K]:
        """Take out and give every key whose deadline is at or before `now`, earliest first."""
        while (earliest := self.next) is not None and earliest <= now:
            _, _, key = heappop(self._heap)
            del self._current[key]
            yield key
