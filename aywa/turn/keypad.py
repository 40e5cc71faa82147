"""Key presses as one utterance: complete at a `#`, or when no other key follows in time."""

from __future__ import annotations


class Keypad:
    """The keys of one utterance. `now` is monotonic seconds."""

    def __init__(self, wait_s: float) -> None:
        """`wait_s`: the pause after a key that ends the utterance."""
        self.deadline: float | None = None
        self._wait_s = wait_s
        self._keys = ""

    @property
    def idle(self) -> bool:
        """Whether no key waits for another."""
        return self.deadline is None

    def press(self, digit: str, now: float) -> str:
        """Take a key; the complete utterance if it ends one, else ""."""
        if digit == "#":
            return self.take()
        self._keys += digit
        self.deadline = now + self._wait_s
        return ""

    def due(self, now: float) -> str:
        """The utterance, if its pause is over at `now`."""
        return self.take() if self.deadline is not None and now >= self.deadline else ""

    def take(self) -> str:
        """What was pressed so far, which is done with."""
        keys, self._keys, self.deadline = self._keys, "", None
        return keys
