"""Whether the assistant has been told to be silent, and what the caller said meanwhile."""

from __future__ import annotations

FRESH_S = 2.0  # who has said something waits no longer than that before he speaks again


class Hush:
    """While it is `on` nothing is answered and nothing new is said. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self.on = False
        self._taken_at: float | None = None

    def turn_taken(self, now: float) -> None:
        """The caller has said something that is not answered."""
        self._taken_at = now

    def begin(self) -> None:
        """Be silent."""
        self.on, self._taken_at = True, None

    def end(self, now: float) -> bool:
        """Speak again; True when somebody has just said something and waits for an answer."""
        waits = self.on and self._taken_at is not None and now - self._taken_at <= FRESH_S
        self.on, self._taken_at = False, None
        return waits
