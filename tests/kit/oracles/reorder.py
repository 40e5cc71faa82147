"""A reorder buffer on unbounded sequence numbers and a dictionary, for one source without restarts."""

from __future__ import annotations


class SlowReorder:
    """Packets in order; a hole is conceded when three later packets wait or when told."""

    def __init__(self) -> None:
        self._waiting: dict[int, bytes] = {}
        self._given: set[int] = set()
        self._expected: int | None = None
        self._release = 0

    def push(self, index: int, payload: bytes) -> str:
        """Take packet `index` (the sequence number before it wraps)."""
        if self._expected is None:
            self._expected = index
        if index in self._waiting or index in self._given:
            return "duplicate"
        if index < self._expected:
            return "late"
        self._waiting[index] = payload
        return "accepted"

    def pop(self) -> tuple[str, int] | None:
        """("packet", index), ("hole", packets) or None."""
        if not self._waiting or self._expected is None:
            self._release = 0
            return None
        first = min(self._waiting)
        if first > self._expected:
            if not self._release and len(self._waiting) < 3:
                return None
            missing, self._expected = first - self._expected, first
            return ("hole", missing)
        del self._waiting[first]
        self._given.add(first)
        self._expected += 1
        self._release = max(0, self._release - 1)
        return ("packet", first)

    def concede(self) -> None:
        """The hole before the first waiting packet is conceded."""
        if self._waiting:
            self._release = max(1, self._release)
