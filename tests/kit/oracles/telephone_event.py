"""A telephone-event receiver that remembers every press for ever."""

from __future__ import annotations


class SlowDigitEvents:
    """Presses by timestamp; for presses in order, of at most 65535 samples."""

    def __init__(self) -> None:
        self._finished: set[int] = set()
        self._active: tuple[int, int, int] | None = None  # timestamp, event, duration

    def receive(self, payload: bytes, timestamp: int) -> list[tuple[int, int]]:
        """The presses that this packet finished."""
        if len(payload) < 4 or payload[0] > 15 or timestamp in self._finished:
            return []
        event, end, duration = payload[0], payload[1] >= 128, int.from_bytes(payload[2:4], "big")
        presses = []
        if self._active and self._active[0] == timestamp:
            event, duration = self._active[1], max(duration, self._active[2])
        elif self._active:
            presses.append(self._close(self._active))
        self._active = (timestamp, event, duration)
        if end:
            presses.append(self._close(self._active))
        return presses

    def _close(self, press: tuple[int, int, int]) -> tuple[int, int]:
        self._active = None
        self._finished.add(press[0])
        return press[1:]
